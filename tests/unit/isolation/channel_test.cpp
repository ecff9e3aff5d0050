// Framing, limits and the end of a channel; every question is answered exactly once.
#include "isolation/channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <future>

#include "isolation/peer.h"
#include "unit/modules/support.h"

namespace limen::isolation {
namespace {

using modules::test::eventually;

struct Sockets {
  std::array<int, 2> ends{};
  Sockets() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0); }
};

// What one end got.
struct Heard {
  std::mutex mutex;
  std::vector<std::string> messages;
  std::atomic<int> ends{0};
  Channel::OnMessage take() {
    return [this](std::string_view message) {
      const std::lock_guard lock(mutex);
      messages.emplace_back(message);
    };
  }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return messages.size();
  }
};

TEST(Channel, CarriesWholeMessagesInOrder) {
  const Sockets sockets;
  Heard left, right;
  Channel a(sockets.ends[0], left.take(), [&] { ++left.ends; });
  Channel b(sockets.ends[1], right.take(), [&] { ++right.ends; });
  a.start();
  b.start();
  const std::string large(std::size_t{3} << 20, 'x');
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(a.send(std::to_string(i) + large));
  EXPECT_TRUE(a.send(""));
  ASSERT_TRUE(eventually([&] { return right.count() == 21; }));
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(right.messages[static_cast<std::size_t>(i)], std::to_string(i) + large);
  EXPECT_EQ(right.messages[20], "");
}

TEST(Channel, RefusesWhatIsTooLargeOrTooMuch) {
  const Sockets sockets;
  Heard left;
  Channel a(sockets.ends[0], left.take(), [] {});
  a.start();
  EXPECT_FALSE(a.send(std::string(Channel::kMaxMessage + 1, 'x')));
  // Nobody reads the other end.
  const std::string half(Channel::kMaxMessage / 2, 'x');
  int taken = 0;
  while (taken < 10 && a.send(half)) ++taken;
  EXPECT_GE(taken, 3);
  EXPECT_LT(taken, 10);
  ::close(sockets.ends[1]);
}

TEST(Channel, EndsWithTheOtherSide) {
  const Sockets sockets;
  Heard left;
  Channel a(sockets.ends[0], left.take(), [&] { ++left.ends; });
  a.start();
  ::close(sockets.ends[1]);
  EXPECT_TRUE(eventually([&] { return left.ends == 1; }));
  EXPECT_FALSE(a.send("x"));
  a.close();
  EXPECT_EQ(left.ends, 1);
}

TEST(Channel, EndsWhenALengthIsAbsurd) {
  const Sockets sockets;
  Heard left;
  Channel a(sockets.ends[0], left.take(), [&] { ++left.ends; });
  a.start();
  ASSERT_EQ(::write(sockets.ends[1], "\xff\xff\xff\xff", 4), 4);
  EXPECT_TRUE(eventually([&] { return left.ends == 1; }));
  EXPECT_EQ(left.count(), 0U);
  ::close(sockets.ends[1]);
}

TEST(Channel, TakesAMessageInPieces) {
  const Sockets sockets;
  Heard left;
  Channel a(sockets.ends[0], left.take(), [] {});
  a.start();
  const std::string bytes("\x03\0\0\0abc\x01\0\0\0z", 12);
  for (const char byte : bytes) ASSERT_EQ(::write(sockets.ends[1], &byte, 1), 1);
  ASSERT_TRUE(eventually([&] { return left.count() == 2; }));
  EXPECT_EQ(left.messages, (std::vector<std::string>{"abc", "z"}));
  ::close(sockets.ends[1]);
}

TEST(Peer, AnswersEachQuestionOnce) {
  const Sockets sockets;
  Peer* asked = nullptr;
  Peer b(
      sockets.ends[1],
      [&](std::uint64_t id, Message& question) {
        Message answer;
        answer["echo"] = text_of(question, "op");
        asked->answer(id, answer);
        asked->answer(id, answer);  // the second one is dropped
      },
      [] {});
  asked = &b;
  Peer a(
      sockets.ends[0], [](std::uint64_t, Message&) {}, [] {});
  b.start();
  a.start();
  std::atomic<int> answers{0};
  for (std::uint64_t id = 1; id <= 100; ++id) {
    Message question;
    question["op"] = "q" + std::to_string(id);
    a.ask(id, std::move(question), [&answers, id](const Message& answer) {
      EXPECT_EQ(text_of(answer, "echo"), "q" + std::to_string(id));
      ++answers;
    });
  }
  EXPECT_TRUE(eventually([&] { return answers == 100; }));
  Message last;
  last["op"] = "last";
  EXPECT_EQ(text_of(a.ask_and_wait(101, std::move(last)), "echo"), "last");
  EXPECT_EQ(answers, 100);
}

TEST(Peer, WhoGoesAwayLeavesNoQuestionOpen) {
  const Sockets sockets;
  std::atomic<int> ended{0};
  Peer a(
      sockets.ends[0], [](std::uint64_t, Message&) {}, [&] { ++ended; });
  a.start();
  std::atomic<int> gone{0};
  for (std::uint64_t id = 1; id <= 10; ++id) {
    a.ask(id, {}, [&](const Message& answer) {
      if (answer.contains("gone")) ++gone;
    });
  }
  EXPECT_EQ(a.open_count(), 10U);
  ::close(sockets.ends[1]);
  EXPECT_TRUE(eventually([&] { return gone == 10 && ended == 1; }));
  Message late;
  EXPECT_TRUE(a.ask_and_wait(11, std::move(late)).contains("gone"));
}

TEST(Peer, WhatIsNoMessageIsDropped) {
  const Sockets sockets;
  std::atomic<int> requests{0};
  Peer a(
      sockets.ends[0], [&](std::uint64_t, Message&) { ++requests; }, [] {});
  a.start();
  Channel raw(
      sockets.ends[1], [](std::string_view) {}, [] {});
  raw.start();
  for (const char* text :
       {"", "[]", "{", "{\"re\":99}", "{\"re\":-1,\"op\":3}", "{\"op\":\"x\"}"}) {
    EXPECT_TRUE(raw.send(text));
  }
  EXPECT_TRUE(eventually([&] { return requests == 2; }));  // {"re":-1} answers nothing: a request
}

}  // namespace
}  // namespace limen::isolation
