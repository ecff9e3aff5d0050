// Answers that are sent as they come to be, and the end of a server's life.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "unit/transport/support.h"

namespace limen::transport::test {
namespace {

// Gives the stream of each request to the test.
class Streams {
 public:
  Handler handler() {
    return [this](std::shared_ptr<Exchange> exchange) {
      exchange->on_cancel([this] { cancelled_ = true; });
      exchange_ = exchange;
      stream_ = exchange->stream(ResponseHead(200));
      begun_.set_value();
    };
  }
  void wait_begun() {
    ASSERT_EQ(begun_.get_future().wait_for(kPatience), std::future_status::ready);
  }
  // Runs `work` on the stream's loop and waits for it.
  void on_loop(const std::function<void(ResponseStream&)>& work) {
    std::promise<void> done;
    exchange_->loop().post([&] {
      work(*stream_);
      done.set_value();
    });
    done.get_future().get();
  }
  bool cancelled() const { return cancelled_; }
  Exchange& exchange() { return *exchange_; }

 private:
  std::promise<void> begun_;
  std::atomic<bool> cancelled_{false};
  std::shared_ptr<Exchange> exchange_;
  std::shared_ptr<ResponseStream> stream_;
};

class Stream : public ::testing::Test {
 protected:
  void begin(const std::string& request = get("/")) {
    client_ = std::make_unique<Client>(server_->secure_port());
    ASSERT_TRUE(client_->start_tls());
    client_->send(request);
    streams_.wait_begun();
  }
  Streams streams_;
  TestServer server_{streams_.handler()};
  std::unique_ptr<Client> client_;
};

TEST_F(Stream, SendsItsHeadBeforeThereIsABody) {
  begin();
  const std::string head = client_->receive_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(head.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
}

TEST_F(Stream, WritesOfOneTurnLeaveAsOneChunk) {
  begin();
  client_->receive_until("\r\n\r\n");
  streams_.on_loop([](ResponseStream& stream) {
    for (int event = 0; event < 10; ++event) stream.write("0123456789");
  });
  std::string all;
  for (int event = 0; event < 10; ++event) all += "0123456789";
  EXPECT_EQ(client_->receive_exactly(6 + 100 - 2 + 2), "64\r\n" + all + "\r\n");
}

TEST_F(Stream, EachTurnsWritesLeaveAtOnce) {
  begin();
  client_->receive_until("\r\n\r\n");
  streams_.on_loop([](ResponseStream& stream) { stream.write("first"); });
  EXPECT_EQ(client_->receive_exactly(10), "5\r\nfirst\r\n");
  streams_.on_loop([](ResponseStream& stream) { stream.write("second"); });
  EXPECT_EQ(client_->receive_exactly(11), "6\r\nsecond\r\n");
}

TEST_F(Stream, AProperEndLeavesTheConnectionForTheNextRequest) {
  begin();
  client_->receive_until("\r\n\r\n");
  streams_.on_loop([](ResponseStream& stream) {
    stream.write("bye");
    stream.finish();
    EXPECT_TRUE(stream.closed());
    stream.write("dropped");
    stream.finish();
  });
  EXPECT_EQ(client_->receive_until("0\r\n\r\n"), "3\r\nbye\r\n0\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server_->counts().in_flight_requests == 0; }));
  EXPECT_EQ(server_->counts().open_connections, 1U);
  EXPECT_FALSE(streams_.cancelled());
}

TEST_F(Stream, AnAbortIsToldFromAProperEnd) {
  begin();
  client_->receive_until("\r\n\r\n");
  streams_.on_loop([](ResponseStream& stream) {
    stream.write("half");
    stream.abort();
  });
  EXPECT_EQ(client_->receive_all(), "4\r\nhalf\r\n");
  EXPECT_FALSE(client_->proper_end());
}

TEST_F(Stream, ToAnHttp10ClientTheEndOfTheConnectionIsTheEnd) {
  begin("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string head = client_->receive_until("\r\n\r\n");
  EXPECT_EQ(head.find("Transfer-Encoding"), std::string::npos);
  EXPECT_NE(head.find("\r\nConnection: close\r\n"), std::string::npos);
  streams_.on_loop([](ResponseStream& stream) {
    stream.write("all of it");
    stream.finish();
  });
  EXPECT_EQ(client_->receive_all(), "all of it");
  EXPECT_TRUE(client_->proper_end());
}

TEST_F(Stream, ToAHeadRequestNoBodyIsSent) {
  begin("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  streams_.on_loop([](ResponseStream& stream) {
    stream.write("nothing");
    stream.finish();
  });
  EXPECT_TRUE(client_->receive_all().ends_with("\r\n\r\n"));
}

TEST_F(Stream, IsClosedAndCancelledWhenTheClientGoesAway) {
  begin();
  client_->receive_until("\r\n\r\n");
  client_->close();
  EXPECT_TRUE(eventually([&] { return streams_.cancelled(); }));
  streams_.on_loop([](ResponseStream& stream) {
    stream.write("late");
    stream.finish();
  });
  EXPECT_TRUE(eventually([&] { return server_->counts().open_connections == 0; }));
}

TEST_F(Stream, CountsWhatASlowReaderHasNotTakenAndTellsWhenItHas) {
  begin();
  client_->receive_until("\r\n\r\n");
  std::atomic<int> drained{0};
  streams_.on_loop([&drained](ResponseStream& stream) {
    stream.on_drain([&drained] { ++drained; });
    stream.write(std::string(32 * 1024 * 1024, 'x'));
    EXPECT_GE(stream.pending_bytes(), 32U * 1024 * 1024);
  });
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(drained, 0);
  streams_.on_loop([](ResponseStream& stream) { EXPECT_GT(stream.pending_bytes(), 64U * 1024); });
  std::thread reader([this] { client_->receive_exactly(32 * 1024 * 1024); });
  EXPECT_TRUE(eventually([&] { return drained == 1; }));
  reader.join();
  EXPECT_TRUE(eventually([&] {
    std::size_t pending = 1;
    streams_.on_loop([&pending](ResponseStream& stream) { pending = stream.pending_bytes(); });
    return pending == 0;
  }));
  EXPECT_EQ(drained, 1);
}

TEST_F(Stream, PipelinedRequestsWaitForItsEnd) {
  begin(get("/watch"));
  client_->receive_until("\r\n\r\n");
  client_->send("BAD\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(50));
  streams_.on_loop([](ResponseStream& stream) { stream.finish(); });
  EXPECT_TRUE(client_->receive_all().starts_with("0\r\n\r\nHTTP/1.1 400 Bad Request\r\n"));
}

TEST(Drain, ClosesIdleConnectionsAtOnce) {
  TestServer server(echo());
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls());
  client.send(get("/"));
  client.receive_answer();
  std::thread draining([&] { server->drain(kPatience); });
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_TRUE(client.proper_end());
  client.close();
  draining.join();
  EXPECT_EQ(server->counts().open_connections, 0U);
}

TEST(Drain, FinishesWhatRunsAndThenCloses) {
  std::promise<std::shared_ptr<Exchange>> running;
  TestServer server(
      [&running](std::shared_ptr<Exchange> exchange) { running.set_value(exchange); });
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls());
  client.send(get("/"));
  const std::shared_ptr<Exchange> exchange = running.get_future().get();
  std::thread draining([&] { server->drain(kPatience); });
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_FALSE(exchange->cancelled());
  exchange->loop().post([exchange] { exchange->respond(ResponseHead(200), std::string("done")); });
  const std::string answer = client.receive_all();
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("done"));
  client.close();
  draining.join();
}

TEST_F(Stream, IsCancelledByADrainAndMayEndProperly) {
  begin();
  client_->receive_until("\r\n\r\n");
  std::thread draining([this] { server_->drain(kPatience); });
  EXPECT_TRUE(eventually([&] { return streams_.cancelled(); }));
  EXPECT_TRUE(streams_.exchange().cancelled());
  streams_.on_loop([](ResponseStream& stream) {
    stream.write("last");
    stream.finish();
  });
  EXPECT_EQ(client_->receive_all(), "4\r\nlast\r\n0\r\n\r\n");
  EXPECT_TRUE(client_->proper_end());
  client_->close();
  draining.join();
}

TEST(Drain, CutsWhatDoesNotEndInTime) {
  std::promise<std::shared_ptr<Exchange>> running;
  TestServer server(
      [&running](std::shared_ptr<Exchange> exchange) { running.set_value(exchange); });
  Client client(server->local_port());
  client.send(get("/"));
  const std::shared_ptr<Exchange> exchange = running.get_future().get();
  server->drain(milliseconds(50));
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_TRUE(eventually([&] { return exchange->cancelled(); }));
}

TEST(Drain, NobodyIsAcceptedAnyMore) {
  TestServer server(echo());
  const std::uint16_t port = server->local_port();
  server->stop_accepting();
  const Client client(port);
  EXPECT_FALSE(client.connected());
}

TEST(Stop, CutsEverythingAndMayBeCalledTwice) {
  TestServer server([](std::shared_ptr<Exchange>) {});
  Client client(server->local_port());
  client.send(get("/"));
  EXPECT_TRUE(eventually([&] { return server->counts().in_flight_requests == 1; }));
  server->stop();
  EXPECT_EQ(client.receive_all(), "");
  server->stop();
  EXPECT_EQ(server->counts().open_connections, 0U);
}

TEST(Loops, ConnectionsAreSpreadOverAllOfThem) {
  std::atomic<base::Executor*> seen[2] = {nullptr, nullptr};
  std::atomic<int> next{0};
  TestServer server(
      [&](std::shared_ptr<Exchange> exchange) {
        seen[next++ % 2] = &exchange->loop();
        EXPECT_TRUE(exchange->loop().is_current());
        exchange->respond(ResponseHead(200), std::string());
      },
      [](ServerOptions& options) { options.io_threads = 2; });
  ASSERT_EQ(server->loops().size(), 2U);
  for (int connection = 0; connection < 2; ++connection) {
    Client client(server->local_port());
    client.send(get("/"));
    client.receive_answer();
  }
  EXPECT_NE(seen[0].load(), seen[1].load());
}

TEST(Loops, ManyConnectionsAtOnceAreAllServed) {
  TestServer server(echo(), [](ServerOptions& options) { options.io_threads = 2; });
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      for (int connection = 0; connection < 5; ++connection) {
        Client client(server->secure_port());
        if (!client.start_tls()) return;
        for (int request = 0; request < 20; ++request) {
          client.send(get("/" + std::to_string(request)));
          if (body_of(client.receive_answer()) == "GET /" + std::to_string(request) + " ") ++good;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8 * 5 * 20);
  EXPECT_TRUE(eventually([&] { return server->counts().open_connections == 0; }));
}

}  // namespace
}  // namespace limen::transport::test
