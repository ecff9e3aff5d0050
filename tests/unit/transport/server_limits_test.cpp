// Each limit at its edge, over real sockets.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "unit/transport/support.h"

namespace limen::transport::test {
namespace {

std::string ask(TestServer& server, const std::string& request) {
  Client client(server->secure_port());
  EXPECT_TRUE(client.start_tls());
  client.send(request);
  return client.receive_answer();
}

std::string status_line(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

constexpr const char* kTooLarge = "HTTP/1.1 431 Request Header Fields Too Large";
constexpr const char* kTooLong = "HTTP/1.1 414 Request URI Too Long";

Handler length_of_target() {
  return [](std::shared_ptr<Exchange> exchange) {
    exchange->respond(ResponseHead(200), std::to_string(exchange->head().target.size()));
  };
}

// A request whose line has `size` bytes without its CRLF.
std::string request_with_line(std::size_t size) {
  const std::string rest = "GET / HTTP/1.1";
  return "GET /" + std::string(size - rest.size(), 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

// A request of `size` bytes.
std::string request_of(std::size_t size) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n";
}

TEST(Limits, ARequestLineOf64KiBPassesAndOneByteMoreIs414) {
  TestServer server(length_of_target());
  EXPECT_EQ(status_line(ask(server, request_with_line(65'536))), "HTTP/1.1 200 OK");
  EXPECT_EQ(status_line(ask(server, request_with_line(65'537))), kTooLong);
}

TEST(Limits, AHeadOfOneMiBPassesAndOneByteMoreIs431) {
  TestServer server(length_of_target());
  EXPECT_EQ(status_line(ask(server, request_of(1'048'576))), "HTTP/1.1 200 OK");
  EXPECT_EQ(status_line(ask(server, request_of(1'048'577))), kTooLarge);
}

TEST(Limits, TenThousandHeadersPassAndOneMoreIs431) {
  TestServer server(length_of_target());
  std::string request = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int header = 0; header < 9'999; ++header) request += "x:y\r\n";
  EXPECT_EQ(status_line(ask(server, request + "\r\n")), "HTTP/1.1 200 OK");
  EXPECT_EQ(status_line(ask(server, request + "x:y\r\n\r\n")), kTooLarge);
}

TEST(Limits, ABodyOfTheHandlersLimitPassesAndOneByteMoreIsTold) {
  TestServer server(echo(100));
  const std::string head = "PUT / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(status_line(ask(server, head + "Content-Length: 100\r\n\r\n" + std::string(100, 'x'))),
            "HTTP/1.1 200 OK");
  EXPECT_EQ(status_line(ask(server, head + "Content-Length: 101\r\n\r\n" + std::string(101, 'x'))),
            "HTTP/1.1 413 Request Entity Too Large");
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(status_line(ask(server, chunked + "64\r\n" + std::string(100, 'x') + "\r\n0\r\n\r\n")),
            "HTTP/1.1 200 OK");
  const std::string over =
      ask(server, chunked + "65\r\n" + std::string(101, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(status_line(over), "HTTP/1.1 413 Request Entity Too Large");
  EXPECT_NE(over.find("\r\nConnection: close\r\n"), std::string::npos);
}

TEST(Limits, ATooLargeBodyIsRefusedBeforeItIsAskedFor) {
  TestServer server(echo(100));
  const std::string answer = ask(
      server, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(status_line(answer), "HTTP/1.1 413 Request Entity Too Large");
}

TEST(Limits, AHeadThatDoesNotEndInTimeIsCutWithoutAnAnswer) {
  TestServer server(echo(),
                    [](ServerOptions& options) { options.limits.header_read = milliseconds(60); });
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n");
  EXPECT_EQ(client.receive_all(), "");
}

TEST(Limits, AHeadThatTricklesIsCutThoughBytesKeepComing) {
  TestServer server(echo(),
                    [](ServerOptions& options) { options.limits.header_read = milliseconds(80); });
  Client client(server->local_port());
  client.send("GET / HTTP/1.1\r\nX: ");
  bool cut = false;
  for (int byte = 0; byte < 2000 && !cut; ++byte) {
    std::this_thread::sleep_for(milliseconds(5));
    cut = client.readable(milliseconds(0)) || !client.send("x");
  }
  EXPECT_TRUE(cut);
}

TEST(Limits, AConnectionThatNeverAsksIsCutAfterTheHeaderTime) {
  TestServer server(echo(),
                    [](ServerOptions& options) { options.limits.header_read = milliseconds(50); });
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls());
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_TRUE(client.proper_end());
}

TEST(Limits, AnIdleConnectionIsClosedOnlyAfterTheIdleTime) {
  TestServer server(echo(), [](ServerOptions& options) {
    options.limits.header_read = milliseconds(30'000);
    options.limits.idle = milliseconds(150);
  });
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls());
  const auto begin = std::chrono::steady_clock::now();
  client.send(get("/"));
  client.receive_answer();
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(150));
  EXPECT_TRUE(client.proper_end());
}

TEST(Limits, TheIdleTimeBeginsAnewWithEachRequest) {
  TestServer server(echo(),
                    [](ServerOptions& options) { options.limits.idle = milliseconds(1'500); });
  Client client(server->local_port());
  for (int round = 0; round < 4; ++round) {
    client.send(get("/"));
    EXPECT_EQ(body_of(client.receive_answer()), "GET / ");
    std::this_thread::sleep_for(milliseconds(500));
  }
}

TEST(Limits, ARequestBeingHandledIsNotIdle) {
  TestServer server(
      [](std::shared_ptr<Exchange> exchange) {
        exchange->loop().post_at(base::SteadyClock::now() + milliseconds(200), [exchange] {
          exchange->respond(ResponseHead(200), std::string("at last"));
        });
      },
      [](ServerOptions& options) {
        options.limits.idle = milliseconds(20);
        options.limits.body_read = milliseconds(20);
      });
  Client client(server->local_port());
  client.send(get("/"));
  EXPECT_EQ(body_of(client.receive_answer()), "at last");
}

TEST(Limits, ABodyThatDoesNotComeInTimeIsTold) {
  TestServer server(echo(),
                    [](ServerOptions& options) { options.limits.body_read = milliseconds(60); });
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls());
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell");
  const std::string answer = client.receive_all();
  EXPECT_EQ(status_line(answer), "HTTP/1.1 408 Request Timeout");
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
}

TEST(Limits, ConnectionsOverTheLimitAreClosedAtOnceAndRoomIsFoundAgain) {
  TestServer server(echo(), [](ServerOptions& options) { options.limits.max_connections = 2; });
  auto first = std::make_unique<Client>(server->local_port());
  Client second(server->local_port());
  EXPECT_TRUE(eventually([&] { return server->counts().open_connections == 2; }));
  Client third(server->local_port());
  EXPECT_EQ(third.receive_all(), "");
  EXPECT_EQ(server->counts().refused_connections, 1U);
  second.send(get("/"));
  EXPECT_EQ(body_of(second.receive_answer()), "GET / ");
  first.reset();
  EXPECT_TRUE(eventually([&] { return server->counts().open_connections == 1; }));
  Client fourth(server->local_port());
  fourth.send(get("/"));
  EXPECT_EQ(body_of(fourth.receive_answer()), "GET / ");
}

// A handler that answers only when told to.
struct Gate {
  std::atomic<bool> open{false};
  void answer(const std::shared_ptr<Exchange>& exchange) {
    if (open) {
      exchange->respond(ResponseHead(200), std::string("x"));
      return;
    }
    exchange->loop().post_at(base::SteadyClock::now() + milliseconds(2),
                             [this, exchange] { answer(exchange); });
  }
};

TEST(Limits, AClientThatPipelinesTooMuchIsNotReadUntilItsRequestsAreAnswered) {
  Gate gate;
  TestServer server([&gate](std::shared_ptr<Exchange> exchange) { gate.answer(exchange); });
  Client client(server->local_port());
  const std::string request = get("/" + std::string(1000, 'x'));
  constexpr int kRequests = 20'000;  // 20 MB, more than the sockets hold
  std::atomic<int> sent{0};
  std::thread writer([&] {
    for (; sent < kRequests; ++sent) {
      if (!client.send(request)) return;
    }
  });
  // It comes to a stand.
  int before = -1;
  EXPECT_TRUE(eventually([&] {
    std::this_thread::sleep_for(milliseconds(100));
    return std::exchange(before, sent.load()) == sent;
  }));
  EXPECT_LT(sent, kRequests);
  gate.open = true;
  for (int answer = 0; answer < kRequests; ++answer) {
    ASSERT_EQ(body_of(client.receive_answer()), "x") << answer;
  }
  writer.join();
  EXPECT_EQ(sent, kRequests);
}

TEST(Limits, AClientThatTakesNoByteOfItsAnswerIsCut) {
  TestServer server(
      [](std::shared_ptr<Exchange> exchange) {
        exchange->respond(ResponseHead(200), std::string(32 * 1024 * 1024, 'x'));
      },
      [](ServerOptions& options) { options.limits.write_stall = milliseconds(100); });
  Client client(server->secure_port(), 4096);
  ASSERT_TRUE(client.start_tls());
  client.send(get("/"));
  EXPECT_TRUE(eventually([&] { return server->counts().requests == 1; }));
  EXPECT_TRUE(eventually([&] { return server->counts().open_connections == 0; }));
}

TEST(Limits, AClientThatReadsSlowlyGetsItAll) {
  const std::string large(8 * 1024 * 1024, 'x');
  TestServer server(
      [&large](std::shared_ptr<Exchange> exchange) { exchange->respond(ResponseHead(200), large); },
      [](ServerOptions& options) { options.limits.write_stall = milliseconds(10'000); });
  Client client(server->secure_port(), 16 * 1024);
  ASSERT_TRUE(client.start_tls());
  client.send(get("/"));
  std::size_t got = 0;
  int reads = 0;
  const std::string head = client.receive_until("\r\n\r\n");
  EXPECT_EQ(status_line(head), "HTTP/1.1 200 OK");
  while (got < large.size()) {
    const std::string more =
        client.receive_exactly(std::min<std::size_t>(64 * 1024, large.size() - got));
    if (more.empty()) break;
    got += more.size();
    if (++reads % 16 == 0) std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(got, large.size());
}

}  // namespace
}  // namespace limen::transport::test
