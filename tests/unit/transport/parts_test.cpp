// The small parts: syntax, status names, response heads, queues, timers and the loop.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "transport/event_loop.h"
#include "transport/http.h"
#include "transport/http_syntax.h"
#include "transport/out_queue.h"
#include "transport/status_text.h"
#include "transport/timer_queue.h"

namespace limen::transport {
namespace {

using base::SteadyClock;
using std::chrono::milliseconds;

TEST(StatusText, NamesCodesAsGoDoes) {
  EXPECT_EQ(status_text(200), "OK");
  EXPECT_EQ(status_text(413), "Request Entity Too Large");
  EXPECT_EQ(status_text(414), "Request URI Too Long");
  EXPECT_EQ(status_text(431), "Request Header Fields Too Large");
  EXPECT_EQ(status_text(511), "Network Authentication Required");
  EXPECT_EQ(status_text(299), "");
  EXPECT_EQ(status_text(0), "");
}

TEST(StatusText, RefusalHasGosForm) {
  EXPECT_EQ(refusal(431, ""),
            "HTTP/1.1 431 Request Header Fields Too Large\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
            "431 Request Header Fields Too Large");
  EXPECT_EQ(refusal(400, "missing required Host header"),
            "HTTP/1.1 400 Bad Request: missing required Host header\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
            "400 Bad Request: missing required Host header");
}

TEST(ResponseHead, KeepsHeadersOnTheirLines) {
  ResponseHead head(200);
  head.add("X", std::string_view("a\r\nSet-Cookie: b\0c", 18));
  EXPECT_EQ(head.wire(), "X: a  Set-Cookie: b c\r\n");
}

TEST(ResponseHead, ReplacesAHeaderInAnyCaseAndOnlyThatOne) {
  ResponseHead head(200);
  head.add("Cache-Control", "no-cache, private");
  head.add("Cache-Control-Of-Another", "x");
  head.add("cache-control", "again");
  head.replace("Cache-Control", "public");
  EXPECT_EQ(head.wire(), "Cache-Control-Of-Another: x\r\nCache-Control: public\r\n");
}

TEST(RequestHead, FindsTheFirstOfAHeaderInAnyCase) {
  RequestHead head;
  head.headers = {{"accept", "a"}, {"Accept", "b"}, {"Empty", ""}};
  EXPECT_EQ(head.header("ACCEPT"), "a");
  EXPECT_TRUE(head.has("empty"));
  EXPECT_FALSE(head.has("missing"));
}

TEST(HttpSyntax, ListsAreSearchedWordByWord) {
  EXPECT_TRUE(list_has("keep-alive, Close", "close"));
  EXPECT_TRUE(list_has("close", "close"));
  EXPECT_FALSE(list_has("closed, enclose", "close"));
  EXPECT_FALSE(list_has("", "close"));
}

std::string drain_by(OutQueue& queue, std::size_t step) {
  std::string out;
  std::vector<char> room(step);
  while (!queue.empty()) out.append(room.data(), queue.take(room.data(), step));
  return out;
}

TEST(OutQueue, KeepsTheOrderOfCopiedMovedAndSharedBytes) {
  for (std::size_t step : {1UL, 7UL, 4096UL, 1000000UL}) {
    OutQueue queue;
    std::string expected;
    const auto shared = std::make_shared<const std::string>(std::string(50'000, 's'));
    for (int round = 0; round < 5; ++round) {
      queue.append(std::string_view("small"));
      queue.append(BodyPiece(shared, *shared));
      queue.append(std::string(20'000, 'm'));
      queue.append(BodyPiece(std::string("tiny")));
      queue.append(std::string_view());
      expected += "small" + *shared + std::string(20'000, 'm') + "tiny";
    }
    ASSERT_EQ(queue.size(), expected.size());
    EXPECT_EQ(drain_by(queue, step), expected) << step;
  }
}

TEST(OutQueue, DoesNotCopyLargeSharedText) {
  OutQueue queue;
  const auto shared = std::make_shared<const std::string>(std::string(50'000, 's'));
  queue.append(BodyPiece(shared, *shared));
  EXPECT_EQ(queue.front().data(), shared->data());
}

TEST(OutQueue, LetsGoOfSharedTextOnceItIsSent) {
  OutQueue queue;
  auto shared = std::make_shared<const std::string>(std::string(50'000, 's'));
  queue.append(BodyPiece(shared, *shared));
  queue.append(std::string_view("more"));
  queue.pop(50'000);
  EXPECT_EQ(shared.use_count(), 1);
  EXPECT_EQ(queue.front(), "more");
}

TEST(OutQueue, GathersSmallWritesIntoOneRun) {
  OutQueue queue;
  for (int write = 0; write < 100; ++write) queue.append(std::string_view("0123456789"));
  EXPECT_EQ(queue.front().size(), 1000U);
}

TEST(TimerQueue, RunsTimersByTimeThenByOrder) {
  TimerQueue timers;
  std::string ran;
  const base::Deadline start = SteadyClock::now();
  timers.add(start + milliseconds(2), [&ran] { ran += 'c'; });
  timers.add(start + milliseconds(1), [&ran] { ran += 'a'; });
  timers.add(start + milliseconds(1), [&ran] { ran += 'b'; });
  timers.add(start + milliseconds(9), [&ran] { ran += 'd'; });
  while (auto work = timers.take_due(start + milliseconds(5))) work();
  EXPECT_EQ(ran, "abc");
  EXPECT_EQ(timers.next(), start + milliseconds(9));
}

TEST(TimerQueue, ACancelledTimerDoesNotRunAndItsIdIsNotReused) {
  TimerQueue timers;
  const base::Deadline start = SteadyClock::now();
  const TimerQueue::Id first = timers.add(start, [] { FAIL(); }).id;
  timers.cancel(first);
  bool ran = false;
  timers.add(start, [&ran] { ran = true; });
  timers.cancel(first);
  timers.cancel(0);
  timers.cancel(~0ULL);
  while (auto work = timers.take_due(start)) work();
  EXPECT_TRUE(ran);
}

TEST(TimerQueue, StaysInOrderWhenTimersAreTakenFromTheMiddle) {
  TimerQueue timers;
  const base::Deadline start = SteadyClock::now();
  std::vector<int> ran;
  std::vector<TimerQueue::Id> ids;
  for (int index = 0; index < 500; ++index) {
    const int when = (index * 7919) % 500;
    ids.push_back(timers.add(start + milliseconds(when), [&ran, when] { ran.push_back(when); }).id);
  }
  for (std::size_t index = 0; index < ids.size(); index += 3) timers.cancel(ids[index]);
  while (auto work = timers.take_due(start + milliseconds(1000))) work();
  EXPECT_EQ(ran.size(), 333U);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
}

class RunningLoop : public ::testing::Test {
 protected:
  RunningLoop() : thread_([this] { loop_.run(); }) {}
  ~RunningLoop() override {
    loop_.stop();
    thread_.join();
  }
  EventLoop loop_;
  std::thread thread_;
};

TEST_F(RunningLoop, RunsPostedWorkInOrderOnItsOwnThread) {
  std::vector<int> ran;
  std::promise<bool> done;
  for (int index = 0; index < 1000; ++index) loop_.post([&ran, index] { ran.push_back(index); });
  loop_.post([&] { done.set_value(loop_.is_current()); });
  EXPECT_TRUE(done.get_future().get());
  EXPECT_FALSE(loop_.is_current());
  ASSERT_EQ(ran.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
}

TEST_F(RunningLoop, NeverRunsPostedWorkInsideThePost) {
  std::promise<std::string> done;
  auto ran = std::make_shared<std::string>();
  loop_.post([&, ran] {
    loop_.post([&, ran] {
      *ran += "inner";
      done.set_value(*ran);
    });
    *ran += "outer ";
  });
  EXPECT_EQ(done.get_future().get(), "outer inner");
}

TEST_F(RunningLoop, LosesNoWorkOfManyThreads) {
  std::atomic<int> ran{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int index = 0; index < 5000; ++index) loop_.post([&ran] { ++ran; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::promise<void> done;
  loop_.post([&done] { done.set_value(); });
  done.get_future().get();
  EXPECT_EQ(ran, 20'000);
}

TEST_F(RunningLoop, ATimerSetByAnotherThreadFiresNotBeforeItsTime) {
  std::promise<base::Deadline> fired;
  const base::Deadline when = SteadyClock::now() + milliseconds(30);
  loop_.post_at(when, [&fired] { fired.set_value(SteadyClock::now()); });
  EXPECT_GE(fired.get_future().get(), when);
}

TEST_F(RunningLoop, AnEarlierTimerWakesALoopThatSleepsForALaterOne) {
  std::promise<void> early;
  loop_.post_at(SteadyClock::now() + std::chrono::hours(1), [] { FAIL(); });
  loop_.post_at(SteadyClock::now() + milliseconds(10), [&early] { early.set_value(); });
  EXPECT_EQ(early.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST_F(RunningLoop, ATimerThatSetsItselfAgainDoesNotStarvePostedWork) {
  std::promise<void> done;
  std::atomic<bool> go_on{true};
  std::function<void()> again = [&] {
    if (go_on) loop_.post_at(SteadyClock::now() - milliseconds(1), again);
  };
  loop_.post([&again] { again(); });
  loop_.post([&] { loop_.post([&] { done.set_value(); }); });
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  go_on = false;
  std::promise<void> quiet;
  loop_.post([&] { loop_.post([&quiet] { quiet.set_value(); }); });
  quiet.get_future().get();
}

}  // namespace
}  // namespace limen::transport
