// limen.http/1: outbound requests, against a server in this process that misbehaves on command.
#include "modules/http_client.h"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/ServerSocket.h>

#include <atomic>

#include "modules/http_pool.h"
#include "support.h"
#include "test_certificate.h"

namespace limen::modules {
namespace {

using test::Certificate;
using test::PuppetHouse;
using test::text;
using namespace std::chrono_literals;

// Accepts connections one after another and answers each with fixed bytes, a piece at a time.
class Server {
 public:
  Server(std::vector<std::string> pieces, std::chrono::milliseconds pause,
         const Certificate* certificate = nullptr)
      : pieces_(std::move(pieces)), pause_(pause) {
    const Poco::Net::SocketAddress address("127.0.0.1", 0);
    if (certificate == nullptr) {
      listener_ = Poco::Net::ServerSocket(address);
    } else {
      Poco::Net::Context::Ptr context(
          new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, certificate->key_file(),
                                 certificate->cert_file(), "", Poco::Net::Context::VERIFY_NONE));
      listener_ = Poco::Net::SecureServerSocket(address, 8, context);
    }
    port_ = listener_.address().port();
    thread_ = std::thread([this] { run(); });
  }
  ~Server() {
    stopping_ = true;
    thread_.join();
  }
  std::string url(const std::string& scheme = "http", const std::string& path = "/x?y=z") const {
    return scheme + "://localhost:" + std::to_string(port_) + path;
  }
  std::string seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void run() {
    while (!stopping_) {
      if (!listener_.poll(Poco::Timespan(10'000), Poco::Net::Socket::SELECT_READ)) continue;
      try {
        Poco::Net::StreamSocket socket = listener_.acceptConnection();
        socket.setReceiveTimeout(Poco::Timespan(2, 0));
        char buffer[8192];
        const int count = socket.receiveBytes(buffer, sizeof buffer);
        {
          const std::lock_guard lock(mutex_);
          if (count > 0) seen_.assign(buffer, static_cast<std::size_t>(count));
        }
        for (const std::string& piece : pieces_) {
          if (stopping_) break;
          socket.sendBytes(piece.data(), static_cast<int>(piece.size()));
          const auto until = base::SteadyClock::now() + pause_;
          while (!stopping_ && base::SteadyClock::now() < until) std::this_thread::sleep_for(2ms);
        }
        socket.close();
      } catch (const Poco::Exception&) {
        // The client has gone or refused us: part of what is tested.
      }
    }
  }

  const std::vector<std::string> pieces_;
  const std::chrono::milliseconds pause_;
  Poco::Net::ServerSocket listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::string seen_;
  std::thread thread_;
};

HttpRequest request_to(std::string url, std::chrono::milliseconds within = 5s) {
  HttpRequest request;
  request.method = "GET";
  request.url = std::move(url);
  request.deadline = base::SteadyClock::now() + within;
  return request;
}

HttpResponse perform(const HttpRequest& request) {
  ExecutorThread timers("timers");
  const HttpResponse answer = perform_http(request, timers, *HttpPool::make(timers));
  timers.stop(base::SteadyClock::now() + 5s);
  return answer;
}

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nX-Y: z\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST(HttpClient, SendsTheRequestAndReadsTheAnswer) {
  Server server({ok("hello")}, 0ms);
  HttpRequest request = request_to(server.url());
  request.method = "POST";
  request.body = "{}";
  request.headers = {{"X-A", "b"}};
  const HttpResponse answer = perform(request);
  EXPECT_EQ(answer.status, LIMEN_OK) << answer.error;
  EXPECT_EQ(answer.code, 200);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.headers[0], (std::pair<std::string, std::string>("X-Y", "z")));
  const std::string seen = server.seen();
  EXPECT_EQ(seen.find("POST /x?y=z HTTP/1.1\r\n"), 0u) << seen;
  EXPECT_NE(seen.find("X-A: b\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("Content-Length: 2\r\n"), std::string::npos) << seen;
}

TEST(HttpClient, ARedirectIsAnAnswerLikeAnyOther) {
  Server server(
      {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"}, 0ms);
  const HttpResponse answer = perform(request_to(server.url()));
  EXPECT_EQ(answer.status, LIMEN_OK);
  EXPECT_EQ(answer.code, 302);
}

TEST(HttpClient, ABodyMayBeAsLongAsTheLimitAndNoLonger) {
  Server server({ok(std::string(1000, 'x'))}, 0ms);
  HttpRequest request = request_to(server.url());
  request.max_response_bytes = 1000;
  EXPECT_EQ(perform(request).body.size(), 1000u);
  request.max_response_bytes = 999;
  const HttpResponse answer = perform(request);
  EXPECT_EQ(answer.status, LIMEN_E_INVALID);
  EXPECT_EQ(answer.error, "the answer is longer than 999 bytes");
  EXPECT_EQ(answer.body, "");
}

TEST(HttpClient, AnAnswerThatIsCutShortIsNoAnswer) {
  Server server({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"}, 0ms);
  const HttpResponse answer = perform(request_to(server.url()));
  EXPECT_EQ(answer.status, LIMEN_E_UNAVAILABLE);
  EXPECT_EQ(answer.body, "");
}

TEST(HttpClient, ADripOfBytesDoesNotOutliveTheDeadline) {
  for (const std::string& start : {std::string("HTTP/1.1 200 OK\r\nX: "),
                                   std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")}) {
    std::vector<std::string> pieces = {start};
    for (int i = 0; i < 80; ++i) pieces.emplace_back("a");
    Server server(pieces, 20ms);
    const auto began = base::SteadyClock::now();
    const HttpResponse answer = perform(request_to(server.url(), 200ms));
    EXPECT_EQ(answer.status, LIMEN_E_DEADLINE) << answer.error;
    EXPECT_LT(base::SteadyClock::now() - began, 1s);
  }
}

TEST(HttpClient, CancellationIsNoticedWhileItWaits) {
  Server server({""}, 2000ms);
  HttpRequest request = request_to(server.url(), 10s);
  const auto began = base::SteadyClock::now();
  request.cancelled = [began] { return base::SteadyClock::now() - began > 50ms; };
  EXPECT_EQ(perform(request).status, LIMEN_E_CANCELLED);
  EXPECT_LT(base::SteadyClock::now() - began, 1500ms);
}

TEST(HttpClient, NobodyListeningIsUnavailable) {
  const HttpResponse answer = perform(request_to("http://127.0.0.1:1/"));
  EXPECT_EQ(answer.status, LIMEN_E_UNAVAILABLE);
  EXPECT_NE(answer.error, "");
}

TEST(HttpClient, TlsTrustsTheGivenAuthorityAndNobodyElse) {
  const Certificate certificate("localhost"), other("localhost");
  Server server({ok("secret")}, 0ms, &certificate);
  HttpRequest request = request_to(server.url("https"));
  request.ca_file = certificate.cert_file();
  const HttpResponse answer = perform(request);
  EXPECT_EQ(answer.body, "secret") << answer.error;
  request.ca_file = other.cert_file();
  EXPECT_EQ(perform(request).status, LIMEN_E_UNAVAILABLE);
  request.ca_file = "";  // the system's authorities
  EXPECT_EQ(perform(request).status, LIMEN_E_UNAVAILABLE);
}

TEST(HttpClient, TlsChecksTheHostName) {
  const Certificate certificate("elsewhere.example");
  Server server({ok("secret")}, 0ms, &certificate);
  HttpRequest request = request_to(server.url("https"));
  request.ca_file = certificate.cert_file();
  EXPECT_EQ(perform(request).status, LIMEN_E_UNAVAILABLE);
}

TEST(HttpClient, TlsTakesAuthoritiesAsTextRatherThanFromTheFile) {
  const Certificate certificate("localhost"), other("localhost");
  Server server({ok("secret")}, 0ms, &certificate);
  HttpRequest request = request_to(server.url("https"));
  request.ca_file = other.cert_file();
  request.ca_pem = certificate.cert_pem();
  const HttpResponse answer = perform(request);
  EXPECT_EQ(answer.body, "secret") << answer.error;
  request.ca_pem = other.cert_pem();
  request.ca_file = certificate.cert_file();
  EXPECT_EQ(perform(request).status, LIMEN_E_UNAVAILABLE);
}

TEST(HttpClient, TlsVerifiesTheGivenNameInsteadOfTheHost) {
  const Certificate certificate("elsewhere.example");
  Server server({ok("secret")}, 0ms, &certificate);
  HttpRequest request = request_to(server.url("https"));
  request.ca_pem = certificate.cert_pem();
  request.tls_server_name = "elsewhere.example";
  EXPECT_EQ(perform(request).body, "secret");
  request.tls_server_name = "nowhere.example";
  EXPECT_EQ(perform(request).status, LIMEN_E_UNAVAILABLE);
}

TEST(HttpClient, TlsMaterialThatCannotBeUsedIsNamed) {
  const Certificate certificate("localhost"), other("localhost");
  Server server({ok("secret")}, 0ms, &certificate);
  const auto error = [&](const std::function<void(HttpRequest&)>& change) {
    HttpRequest request = request_to(server.url("https"));
    request.ca_pem = certificate.cert_pem();
    change(request);
    return perform(request).error;
  };
  EXPECT_EQ(error([](HttpRequest& r) { r.ca_pem = "nonsense"; }),
            "the authorities hold no PEM certificate");
  EXPECT_EQ(error([](HttpRequest& r) {
              r.ca_pem.clear();
              r.ca_file = "/nonexistent/ca.pem";
            }),
            "/nonexistent/ca.pem: No such file or directory");
  EXPECT_EQ(error([&](HttpRequest& r) {
              r.client_cert_pem = "nonsense";
              r.client_key_pem = certificate.key_pem();
            }),
            "the client certificate is no PEM certificate");
  EXPECT_EQ(error([&](HttpRequest& r) {
              r.client_cert_pem = certificate.cert_pem();
              r.client_key_pem = "nonsense";
            }),
            "the client key is no PEM private key");
  EXPECT_EQ(error([&](HttpRequest& r) {
              r.client_cert_pem = certificate.cert_pem();
              r.client_key_pem = other.key_pem();
            }),
            "the client key does not belong to the client certificate");
}

TEST(HttpClient, WhatMakesNoSenseIsRefusedBeforeItIsSent) {
  const auto fault = [](const std::function<void(HttpRequest&)>& change) {
    HttpRequest request = request_to("https://example.com/");
    change(request);
    return http_request_fault(request);
  };
  EXPECT_EQ(fault([](HttpRequest&) {}), "");
  EXPECT_EQ(fault([](HttpRequest& r) { r.url = "ftp://example.com/"; }), "the URL is not http(s)");
  EXPECT_EQ(fault([](HttpRequest& r) { r.url = "https:///x"; }), "the URL has no host");
  EXPECT_EQ(fault([](HttpRequest& r) { r.url = "https://u:p@h/"; }), "the URL holds credentials");
  EXPECT_EQ(fault([](HttpRequest& r) { r.url = "https://h/\r\nX: y"; }),
            "the URL holds a line break");
  EXPECT_EQ(fault([](HttpRequest& r) { r.method = "GE T"; }), "the method is not a token");
  EXPECT_EQ(fault([](HttpRequest& r) {
              r.headers = {{"X", "a\nb"}};
            }),
            "a header value holds a line break");
  EXPECT_EQ(fault([](HttpRequest& r) {
              r.headers = {{"host", "a"}};
            }),
            "header host is set by the client itself");
  EXPECT_EQ(fault([](HttpRequest& r) { r.client_cert_file = "c.pem"; }),
            "a client certificate needs its key");
  EXPECT_EQ(fault([](HttpRequest& r) { r.client_key_pem = "k"; }),
            "a client certificate needs its key");
  EXPECT_EQ(fault([](HttpRequest& r) { r.tls_server_name = "a\nb"; }),
            "the TLS server name holds a line break");
}

// ---- through the table --------------------------------------------------------------------------

struct Answer {
  std::atomic<bool> done{false};
  limen_status status = 99;
  int code = 0;
  std::string body;
  static void take(void* arg, limen_status status, const limen_http_response* response) {
    auto* answer = static_cast<Answer*>(arg);
    answer->status = status;
    answer->code = response->code;
    if (response->body.len > 0) answer->body = test::view(response->body);
    answer->done = true;
  }
};

const limen_http_api& http(const limen_host* host) {
  return *static_cast<const limen_http_api*>(host->get_extension(host, LIMEN_HTTP));
}
limen_http_request table_request(const std::string& url) {
  limen_http_request request{};
  request.struct_size = sizeof request;
  request.method = text("GET");
  request.url = text(url);
  return request;
}

TEST(HttpTable, CallsDoneOnceWithTheAnswer) {
  Server server({ok("hi")}, 0ms);
  PuppetHouse house;
  house.open();
  const limen_host* host = house.strings().host;
  const std::string url = server.url();
  const limen_http_request request = table_request(url);
  Answer answer;
  ASSERT_EQ(http(host).send(host, nullptr, &request, Answer::take, &answer), LIMEN_OK);
  ASSERT_TRUE(test::eventually([&] { return answer.done.load(); }));
  EXPECT_EQ(answer.status, LIMEN_OK);
  EXPECT_EQ(answer.code, 200);
  EXPECT_EQ(answer.body, "hi");
  const std::string nonsense = "nonsense";
  const limen_http_request wrong = table_request(nonsense);
  EXPECT_EQ(http(host).send(host, nullptr, &wrong, Answer::take, &answer), LIMEN_E_INVALID);
}

TEST(HttpTable, TheEndOfThePluginCancelsWhatRuns) {
  Server server({""}, 3000ms);
  PuppetHouse house;
  house.open();
  const limen_host* host = house.strings().host;
  const std::string url = server.url();
  const limen_http_request request = table_request(url);
  Answer answer;
  ASSERT_EQ(http(host).send(host, nullptr, &request, Answer::take, &answer), LIMEN_OK);
  ASSERT_TRUE(test::eventually([&] { return !server.seen().empty(); }));
  house.runtime().activate(nullptr);
  ASSERT_TRUE(test::eventually([&] { return answer.done.load(); }));
  EXPECT_EQ(answer.status, LIMEN_E_CANCELLED);
}

TEST(HttpTable, TheParentCallsDeadlineIsTheRequests) {
  Server server({""}, 3000ms);
  PuppetHouse house(false, 100ms);
  house.open();
  static std::string url;
  static const limen_host* host = nullptr;
  static Answer answer;
  url = server.url();
  host = house.strings().host;
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply*) -> limen_status {
    const limen_http_request request = table_request(url);
    EXPECT_EQ(http(host).send(host, call, &request, Answer::take, &answer), LIMEN_OK);
    return LIMEN_PENDING;
  };
  const auto began = base::SteadyClock::now();
  auto scope = house.scope();
  EXPECT_EQ(house.authorize(scope).verdict, authz::Verdict::deny);
  ASSERT_TRUE(test::eventually([] { return answer.done.load(); }));
  EXPECT_TRUE(answer.status == LIMEN_E_DEADLINE || answer.status == LIMEN_E_CANCELLED);
  EXPECT_LT(base::SteadyClock::now() - began, 2s);
}

}  // namespace
}  // namespace limen::modules
