// Outbound connections are kept: against a server that counts its connections.
#include "modules/http_pool.h"

#include <Poco/Net/Context.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/ServerSocket.h>

#include <atomic>
#include <csignal>

#include "support.h"
#include "test_certificate.h"

namespace limen::modules {
namespace {

using test::Certificate;
using namespace std::chrono_literals;

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

// Answers every request of every connection, each connection on a thread of its own.
class KeepingServer {
 public:
  // What to answer to the n-th request of the m-th connection, both from 0; empty: close.
  using Answer = std::function<std::string(int connection, int request)>;

  explicit KeepingServer(Answer answer, const Certificate* certificate = nullptr,
                         const Certificate* client = nullptr)
      : answer_(std::move(answer)) {
    std::signal(SIGPIPE, SIG_IGN);
    const Poco::Net::SocketAddress address("127.0.0.1", 0);
    if (certificate == nullptr) {
      listener_ = Poco::Net::ServerSocket(address);
    } else {
      Poco::Net::Context::Ptr context(new Poco::Net::Context(
          Poco::Net::Context::TLS_SERVER_USE, certificate->key_file(), certificate->cert_file(),
          client == nullptr ? "" : client->cert_file(),
          client == nullptr ? Poco::Net::Context::VERIFY_NONE : Poco::Net::Context::VERIFY_STRICT));
      context->enableExtendedCertificateVerification(false);  // clients bear no host name
      listener_ = Poco::Net::SecureServerSocket(address, 8, context);
    }
    port_ = listener_.address().port();
    acceptor_ = std::thread([this] { accept(); });
  }
  ~KeepingServer() {
    stopping_ = true;
    acceptor_.join();
    for (std::thread& one : servers_) one.join();
  }
  std::string url(const std::string& scheme = "http") const {
    return scheme + "://localhost:" + std::to_string(port_) + "/";
  }
  int connections() const { return connections_; }
  int requests() const { return requests_; }
  int ended() const { return ended_; }

 private:
  void accept() {
    while (!stopping_) {
      if (!listener_.poll(Poco::Timespan(10'000), Poco::Net::Socket::SELECT_READ)) continue;
      // Shared by us, not by Poco: the thread sanitizer cannot see into Poco's count of its users.
      auto socket = std::make_shared<Poco::Net::StreamSocket>(listener_.acceptConnection());
      servers_.emplace_back([this, socket, number = connections_++] { serve(*socket, number); });
    }
  }
  void serve(Poco::Net::StreamSocket& socket, int connection) {
    try {
      for (int request = 0; await_request(socket); ++request) {
        ++requests_;
        const std::string answer = answer_(connection, request);
        if (answer.empty()) break;
        socket.sendBytes(answer.data(), static_cast<int>(answer.size()));
      }
      socket.shutdown();
    } catch (const Poco::Exception&) {
      // The client has gone or refused us.
    }
    socket.close();
    ++ended_;
  }
  bool await_request(Poco::Net::StreamSocket& socket) {
    while (!stopping_) {
      if (!socket.poll(Poco::Timespan(10'000), Poco::Net::Socket::SELECT_READ)) continue;
      char buffer[8192];
      return socket.receiveBytes(buffer, sizeof buffer) > 0;
    }
    return false;
  }

  const Answer answer_;
  Poco::Net::ServerSocket listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0}, requests_{0}, ended_{0};
  std::vector<std::thread> servers_;
  std::thread acceptor_;
};

class HttpPoolTest : public testing::Test {
 protected:
  ~HttpPoolTest() override { timers_.stop(base::SteadyClock::now() + 5s); }

  HttpResponse get(const std::string& url, const Certificate* trusted = nullptr,
                   const Certificate* shown = nullptr) {
    HttpRequest request;
    request.method = "GET";
    request.url = url;
    request.deadline = base::SteadyClock::now() + 5s;
    if (trusted != nullptr) request.ca_pem = trusted->cert_pem();
    if (shown != nullptr) {
      request.client_cert_pem = shown->cert_pem();
      request.client_key_pem = shown->key_pem();
    }
    return perform_http(request, timers_, *pool_);
  }

  ExecutorThread timers_{"timers"};
  std::shared_ptr<HttpPool> pool_ = HttpPool::make(timers_);
};

TEST_F(HttpPoolTest, ManyRequestsTravelOnOneConnection) {
  KeepingServer server([](int, int) { return kOk; });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(server.url()).body, "hi");
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(server.requests(), 5);
}

TEST_F(HttpPoolTest, TlsConnectionsAreKeptToo) {
  const Certificate certificate("localhost");
  KeepingServer server([](int, int) { return kOk; }, &certificate);
  for (int i = 0; i < 5; ++i) {
    const HttpResponse answer = get(server.url("https"), &certificate);
    EXPECT_EQ(answer.body, "hi") << answer.error;
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpPoolTest, ARequestThatTrustsOthersDoesNotTravelOnAKeptConnection) {
  const Certificate certificate("localhost"), other("localhost");
  KeepingServer server([](int, int) { return kOk; }, &certificate);
  EXPECT_EQ(get(server.url("https"), &certificate).body, "hi");
  EXPECT_EQ(get(server.url("https"), &other).status, LIMEN_E_UNAVAILABLE);
  EXPECT_EQ(get(server.url("https"), &certificate).body, "hi");
  EXPECT_EQ(server.requests(), 2);
}

TEST_F(HttpPoolTest, AClientCertificateIsShownAndItsConnectionIsItsOwn) {
  const Certificate certificate("localhost"), client("client");
  KeepingServer server([](int, int) { return kOk; }, &certificate, &client);
  const HttpResponse answer = get(server.url("https"), &certificate, &client);
  EXPECT_EQ(answer.body, "hi") << answer.error;
  EXPECT_EQ(get(server.url("https"), &certificate).status, LIMEN_E_UNAVAILABLE);
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(HttpPoolTest, AConnectionTheServerWillCloseIsNotKept) {
  KeepingServer server([](int, int) {
    return std::string("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
  });
  EXPECT_EQ(get(server.url()).body, "hi");
  EXPECT_EQ(pool_->size(), 0u);
}

TEST_F(HttpPoolTest, AConnectionThatSaysMoreThanItsAnswerIsNotUsedAgain) {
  KeepingServer server([](int, int) { return kOk + kOk; });
  EXPECT_EQ(get(server.url()).body, "hi");
  EXPECT_EQ(get(server.url()).body, "hi");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(HttpPoolTest, AConnectionClosedWhileIdleIsReplaced) {
  KeepingServer server([](int connection, int request) {
    return connection == 0 && request > 0 ? std::string() : kOk;
  });
  EXPECT_EQ(get(server.url()).body, "hi");
  const HttpResponse answer = get(server.url());  // closed after it was sent, without an answer
  EXPECT_EQ(answer.body, "hi") << answer.error;
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(server.requests(), 3);
}

TEST_F(HttpPoolTest, ANewConnectionWithoutAnAnswerIsNotTriedAgain) {
  KeepingServer server([](int, int) { return std::string(); });
  EXPECT_EQ(get(server.url()).status, LIMEN_E_UNAVAILABLE);
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(HttpPoolTest, AnAnswerThatBreaksOffIsNotAskedForAgain) {
  KeepingServer server([](int, int request) {
    return request == 0 ? kOk : std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  });
  EXPECT_EQ(get(server.url()).body, "hi");
  HttpRequest request;
  request.method = "GET";
  request.url = server.url();
  request.deadline = base::SteadyClock::now() + 200ms;
  EXPECT_EQ(perform_http(request, timers_, *pool_).status, LIMEN_E_DEADLINE);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(pool_->size(), 0u);
}

TEST_F(HttpPoolTest, IdleConnectionsAreClosedAfterAWhile) {
  pool_ = HttpPool::make(timers_, 50ms);
  KeepingServer server([](int, int) { return kOk; });
  EXPECT_EQ(get(server.url()).body, "hi");
  EXPECT_EQ(pool_->size(), 1u);
  EXPECT_TRUE(test::eventually([&] { return pool_->size() == 0 && server.ended() == 1; }));
}

TEST_F(HttpPoolTest, NoMoreConnectionsAreKeptThanTheBound) {
  std::vector<std::unique_ptr<KeepingServer>> servers;
  for (std::size_t i = 0; i <= HttpPool::kMaxIdle; ++i) {
    servers.push_back(std::make_unique<KeepingServer>([](int, int) { return kOk; }));
    EXPECT_EQ(get(servers.back()->url()).body, "hi");
  }
  EXPECT_EQ(pool_->size(), HttpPool::kMaxIdle);
  EXPECT_TRUE(test::eventually([&] { return servers.front()->ended() == 1; }));
}

}  // namespace
}  // namespace limen::modules
