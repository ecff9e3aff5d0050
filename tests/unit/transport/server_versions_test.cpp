// What holds whatever version of HTTP a client speaks: one set of cases, two clients.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "unit/transport/http2_client.h"
#include "unit/transport/support.h"

namespace limen::transport::test {
namespace {

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // by lower-case name
  std::string body;
  bool continued = false;
};

// A client of either version, which asks one thing.
class Speaker {
 public:
  virtual ~Speaker() = default;
  // Sends the head and `body`; with `expects` of it nothing before it is asked for.
  virtual void send(const std::string& method, const std::string& path, const Fields& headers,
                    const std::optional<std::string>& body, bool expects) = 0;
  // The head of the answer, and its body up to `size` bytes or its end.
  virtual Reply receive(std::size_t size = std::string::npos) = 0;
  virtual void vanish() = 0;

  Reply ask(const std::string& method, const std::string& path, const Fields& headers = {},
            const std::optional<std::string>& body = std::nullopt, bool expects = false) {
    send(method, path, headers, body, expects);
    return receive();
  }
};

class Speaker1 final : public Speaker {
 public:
  explicit Speaker1(std::uint16_t port, const TlsWish& wish) : client_(port) {
    EXPECT_TRUE(client_.start_tls(wish));
  }
  void send(const std::string& method, const std::string& path, const Fields& headers,
            const std::optional<std::string>& body, bool expects) override {
    is_head_ = method == "HEAD";
    std::string text = method + " " + path + " HTTP/1.1\r\nHost: test\r\n";
    for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
    if (body) text += "Content-Length: " + std::to_string(body->size()) + "\r\n";
    if (expects) text += "Expect: 100-continue\r\n";
    client_.send(text + "\r\n");
    if (body && expects) {
      waiting_ = *body;
    } else if (body) {
      client_.send(*body);
    }
  }
  Reply receive(std::size_t size) override {
    Reply reply;
    std::string head = client_.receive_until("\r\n\r\n");
    if (head.starts_with("HTTP/1.1 100 ")) {
      reply.continued = true;
      client_.send(waiting_);
      head = client_.receive_until("\r\n\r\n");
    }
    read_head(head, reply);
    const auto length = reply.headers.find("content-length");
    if (is_head_) return reply;
    if (size != std::string::npos) {
      read_chunks(size, reply);
    } else if (length != reply.headers.end()) {
      reply.body = client_.receive_exactly(std::stoul(length->second));
    } else if (reply.headers.contains("transfer-encoding")) {
      read_chunks(size, reply);
    }
    return reply;
  }
  void vanish() override { client_.reset(); }

 private:
  static void read_head(const std::string& head, Reply& reply) {
    if (head.size() < 12) return;
    reply.status = std::stoi(head.substr(9, 3));
    for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
      const std::size_t end = head.find("\r\n", at);
      const std::size_t colon = head.find(": ", at);
      std::string name = head.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(), ::tolower);
      reply.headers[name] = head.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
  }
  void read_chunks(std::size_t size, Reply& reply) {
    while (reply.body.size() < size) {
      const std::string line = client_.receive_until("\r\n");
      const std::size_t chunk = std::strtoul(line.c_str(), nullptr, 16);
      reply.body += client_.receive_exactly(chunk);
      client_.receive_until("\r\n");
      if (chunk == 0) break;
    }
  }

  Client client_;
  bool is_head_ = false;
  std::string waiting_;
};

class Speaker2 final : public Speaker {
 public:
  explicit Speaker2(std::uint16_t port, const TlsWish& wish) : client_(port, wish) {
    EXPECT_TRUE(client_.connected());
  }
  void send(const std::string& method, const std::string& path, const Fields& headers,
            const std::optional<std::string>& body, bool expects) override {
    Fields all;
    for (const auto& [name, value] : headers) {
      std::string lower = name;
      std::transform(lower.begin(), lower.end(), lower.begin(), ::tolower);
      all.emplace_back(lower, value);
    }
    if (body) all.emplace_back("content-length", std::to_string(body->size()));
    if (expects) all.emplace_back("expect", "100-continue");
    if (body && expects) waiting_ = *body;
    id_ = client_.ask(method, path, all, expects ? std::nullopt : body, expects);
  }
  Reply receive(std::size_t size) override {
    if (!waiting_.empty()) {
      client_.until([this] { return answer().continued || answer().closed; });
      if (answer().continued) client_.more(id_, std::exchange(waiting_, {}));
    }
    client_.until([this, size] {
      return answer().ended || answer().closed ||
             (answer().status != 0 && answer().body.size() >= size);
    });
    return {answer().status, answer().headers, answer().body, answer().continued};
  }
  void vanish() override { client_.reset(id_); }

 private:
  Http2Client::Answer& answer() { return client_.answer(id_); }
  Http2Client client_;
  std::int32_t id_ = 0;
  std::string waiting_;
};

class Versions : public ::testing::TestWithParam<int> {
 protected:
  std::unique_ptr<Speaker> connect(TestServer& server, const TlsWish& wish = {}) {
    if (GetParam() == 1) return std::make_unique<Speaker1>(server->secure_port(), wish);
    return std::make_unique<Speaker2>(server->secure_port(), wish);
  }
};

INSTANTIATE_TEST_SUITE_P(Http, Versions, ::testing::Values(1, 2), [](const auto& version) {
  return version.param == 1 ? "http1" : "http2";
});

TEST_P(Versions, AnswersWithStatusHeadersDateLengthAndBody) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    ResponseHead head(201);
    head.add("Content-Type", "application/json");
    head.add("Audit-Id", "x: y");
    exchange->respond(head, std::string("{}"));
  });
  const Reply reply = connect(server)->ask("GET", "/x");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.headers.at("content-type"), "application/json");
  EXPECT_EQ(reply.headers.at("audit-id"), "x: y");
  EXPECT_EQ(reply.headers.at("content-length"), "2");
  EXPECT_TRUE(reply.headers.at("date").ends_with(" GMT"));
  EXPECT_EQ(reply.body, "{}");
}

TEST_P(Versions, ShowsTheHeadAsItWasSent) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    const RequestHead& head = exchange->head();
    exchange->respond(ResponseHead(200), std::string(head.method) + "|" + std::string(head.target) +
                                             "|" + std::string(head.header("Host")) + "|" +
                                             std::string(head.header("X-Y")) + "|" +
                                             std::to_string(head.headers.size()) +
                                             (head.has_body ? "|body" : "|none"));
  });
  EXPECT_EQ(connect(server)->ask("GET", "/a//b/../c?d=%2F&e", {{"X-Y", "z"}}).body,
            "GET|/a//b/../c?d=%2F&e|test|z|2|none");
  EXPECT_EQ(connect(server)->ask("PUT", "/", {{"X-Y", "z"}}, "text").body, "PUT|/|test|z|3|body");
}

TEST_P(Versions, TellsWhatTheConnectionTold) {
  const KeyPair root = make_certificate("root");
  const KeyPair leaf = make_certificate("leaf", &root);
  TestServer server([&](std::shared_ptr<Exchange> exchange) {
    const PeerInfo& peer = exchange->peer();
    const bool chain = peer.certificates_der.size() == 2 &&
                       peer.certificates_der[0] == der_of(leaf) &&
                       peer.certificates_der[1] == der_of(root);
    exchange->respond(ResponseHead(200),
                      peer.source_ip + "|" + peer.sni + "|" + peer.tls_version +
                          (chain ? "|chain" : "|none") +
                          (exchange->listener() == Listener::secure ? "|s" : "|l"));
  });
  const TlsWish wish{.certificate = &leaf, .intermediate = &root, .server_name = "name.example"};
  EXPECT_EQ(connect(server, wish)->ask("GET", "/").body, "127.0.0.1|name.example|TLSv1.3|chain|s");
}

TEST_P(Versions, ReadsBodies) {
  TestServer server(echo(4 * 1024 * 1024));
  EXPECT_EQ(connect(server)->ask("PUT", "/a", {}, "hello").body, "PUT /a hello");
  EXPECT_EQ(connect(server)->ask("PUT", "/b", {}, "").body, "PUT /b ");
  const std::string large(3 * 1024 * 1024, 'b');
  EXPECT_EQ(connect(server)->ask("PUT", "/", {}, large).body, "PUT / " + large);
}

TEST_P(Versions, SendsALargeAnswerOfManyPieces) {
  const auto shared = std::make_shared<const std::string>(std::string(300'000, 's'));
  TestServer server([shared](std::shared_ptr<Exchange> exchange) {
    std::vector<BodyPiece> pieces;
    for (int piece = 0; piece < 20; ++piece) {
      pieces.emplace_back(std::string("{"));
      pieces.emplace_back(shared,
                          std::string_view(*shared).substr(static_cast<std::size_t>(piece)));
      pieces.emplace_back(nullptr, std::string_view("}"));
    }
    exchange->respond(ResponseHead(200), std::move(pieces));
  });
  std::string expected;
  for (std::size_t piece = 0; piece < 20; ++piece) expected += "{" + shared->substr(piece) + "}";
  EXPECT_EQ(connect(server)->ask("GET", "/").body, expected);
}

TEST_P(Versions, AnswersHeadWithTheLengthAndNoBody) {
  TestServer server(echo());
  const Reply reply = connect(server)->ask("HEAD", "/abc");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-length"), "10");
  EXPECT_EQ(reply.body, "");
}

TEST_P(Versions, SendsNeitherLengthNorBodyWithNoContentAndNotModified) {
  for (const int status : {204, 304}) {
    TestServer server([status](std::shared_ptr<Exchange> exchange) {
      exchange->respond(ResponseHead(status), std::string("dropped"));
    });
    const Reply reply = connect(server)->ask("GET", "/");
    EXPECT_EQ(reply.status, status);
    EXPECT_FALSE(reply.headers.contains("content-length"));
    EXPECT_EQ(reply.body, "");
  }
}

TEST_P(Versions, AsksForTheBodyOnlyWhenTheHandlerWantsIt) {
  TestServer server(echo(100));
  const Reply wanted = connect(server)->ask("PUT", "/a", {}, "hello", true);
  EXPECT_TRUE(wanted.continued);
  EXPECT_EQ(wanted.body, "PUT /a hello");
  const Reply refused = connect(server)->ask("PUT", "/a", {}, std::string(101, 'x'), true);
  EXPECT_FALSE(refused.continued);
  EXPECT_EQ(refused.status, 413);
}

TEST_P(Versions, RefusesAnUnknownExpectation) {
  std::atomic<int> handled{0};
  TestServer server([&handled](std::shared_ptr<Exchange>) { ++handled; });
  EXPECT_EQ(connect(server)->ask("GET", "/", {{"Expect", "a-miracle"}}).status, 417);
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(server->counts().malformed_requests, 1U);
}

TEST_P(Versions, ABodyOfTheHandlersLimitPassesAndOneByteMoreIs413) {
  TestServer server(echo(3 * 1024 * 1024));
  EXPECT_EQ(connect(server)->ask("PUT", "/", {}, std::string(3 * 1024 * 1024, 'x')).status, 200);
  EXPECT_EQ(connect(server)->ask("PUT", "/", {}, std::string(3 * 1024 * 1024 + 1, 'x')).status,
            413);
}

TEST_P(Versions, ABodyNobodyReadHurtsNobody) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    exchange->respond(ResponseHead(200), std::string("enough"));
  });
  for (const std::size_t size : {1U, 100'000U, 262'144U, 1'000'000U}) {
    EXPECT_EQ(connect(server)->ask("PUT", "/", {}, std::string(size, 'x')).body, "enough") << size;
  }
}

TEST_P(Versions, AHandlerMayReadTheBodyLater) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    exchange->loop().post_at(base::SteadyClock::now() + milliseconds(30), [exchange] {
      exchange->read_body(1'000'000, [exchange](BodyStatus, std::string body) {
        exchange->loop().post([exchange, body] { exchange->respond(ResponseHead(200), body); });
      });
    });
  });
  const std::string body(700'000, 'y');
  EXPECT_EQ(connect(server)->ask("PUT", "/", {}, body).body, body);
}

TEST_P(Versions, ABodyThatDoesNotComeInTimeIs408) {
  TestServer server(echo(),
                    [](ServerOptions& options) { options.limits.body_read = milliseconds(60); });
  const auto speaker = connect(server);
  // It is asked for, and then does not come.
  if (GetParam() == 1) {
    speaker->send("PUT", "/", {{"Content-Length", "5"}}, std::nullopt, false);
    EXPECT_EQ(speaker->receive().status, 408);
  } else {
    Http2Client client(server->secure_port());
    const std::int32_t id = client.ask("PUT", "/", {{"content-length", "5"}}, "hell", true);
    EXPECT_EQ(client.wait(id).status, 408);
  }
}

// Every byte of the head but what is counted for its fields.
std::size_t room_for_field(int version, std::size_t limit) {
  if (version == 1)
    return limit - std::string("GET / HTTP/1.1\r\nHost: test\r\nX: \r\n\r\n").size();
  const Fields fields = get_fields("/", {{"x", ""}});
  limit += 320;  // Go's allowance, as kube-apiserver's clients know it
  for (const auto& [name, value] : fields) limit -= name.size() + value.size() + 32;
  return limit;
}

TEST_P(Versions, AHeadOfItsLimitPassesAndOneByteMoreIs431) {
  TestServer server(echo(), [](ServerOptions& options) { options.limits.header_bytes = 20'000; });
  const std::size_t room = room_for_field(GetParam(), 20'000);
  EXPECT_EQ(connect(server)->ask("GET", "/", {{"X", std::string(room, 'x')}}).status, 200);
  const Reply over = connect(server)->ask("GET", "/", {{"X", std::string(room + 1, 'x')}});
  EXPECT_EQ(over.status, 431);
  EXPECT_EQ(server->counts().malformed_requests, 1U);
}

TEST_P(Versions, ThatManyHeadersPassAndOneMoreIs431) {
  TestServer server(echo(), [](ServerOptions& options) { options.limits.header_count = 20; });
  EXPECT_EQ(connect(server)->ask("GET", "/", Fields(19, {"X", "y"})).status, 200);
  EXPECT_EQ(connect(server)->ask("GET", "/", Fields(20, {"X", "y"})).status, 431);
}

TEST_P(Versions, ARequestLineOfItsLimitPassesAndOneByteMoreIs414) {
  TestServer server(echo(),
                    [](ServerOptions& options) { options.limits.request_line_bytes = 2'000; });
  const std::string rest = "GET / HTTP/1.1";
  const std::string path = "/" + std::string(2'000 - rest.size(), 'x');
  EXPECT_EQ(connect(server)->ask("GET", path).status, 200);
  EXPECT_EQ(connect(server)->ask("GET", path + "x").status, 414);
}

TEST_P(Versions, CancelsAnExchangeWhoseClientGoesAway) {
  std::promise<bool> cancelled;
  TestServer server([&cancelled](std::shared_ptr<Exchange> exchange) {
    exchange->on_cancel(
        [&cancelled, raw = exchange.get()] { cancelled.set_value(raw->cancelled()); });
    // The exchange is answered late, which must harm nobody.
    exchange->loop().post_at(base::SteadyClock::now() + milliseconds(100), [exchange] {
      exchange->respond(ResponseHead(200), std::string("late"));
    });
  });
  const auto speaker = connect(server);
  speaker->send("GET", "/", {}, std::nullopt, false);
  EXPECT_TRUE(eventually([&] { return server->counts().in_flight_requests == 1; }));
  speaker->vanish();
  auto seen = cancelled.get_future();
  ASSERT_EQ(seen.wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(seen.get());
  EXPECT_TRUE(eventually([&] { return server->counts().in_flight_requests == 0; }));
}

TEST_P(Versions, EndsTheReadingOfABodyWhoseClientGoesAway) {
  std::promise<BodyStatus> status;
  TestServer server([&status](std::shared_ptr<Exchange> exchange) {
    exchange->read_body(
        100, [&status, exchange](BodyStatus ended, std::string) { status.set_value(ended); });
  });
  const auto speaker = connect(server);
  speaker->send("PUT", "/", {}, "half", true);
  EXPECT_TRUE(eventually([&] { return server->counts().in_flight_requests == 1; }));
  speaker->vanish();
  EXPECT_EQ(status.get_future().get(), BodyStatus::cancelled);
}

TEST_P(Versions, AnAnsweredExchangeIsLetGoThoughItsCancelFunctionHoldsIt) {
  std::promise<std::weak_ptr<Exchange>> seen;
  TestServer server([&seen](std::shared_ptr<Exchange> exchange) {
    exchange->on_cancel([exchange] {});
    seen.set_value(exchange);
    exchange->respond(ResponseHead(200), std::string("x"));
  });
  const auto speaker = connect(server);
  speaker->ask("GET", "/");
  const std::weak_ptr<Exchange> exchange = seen.get_future().get();
  EXPECT_TRUE(eventually([&] { return exchange.expired(); }));
}

TEST_P(Versions, ASecondAnswerIsIgnored) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    EXPECT_FALSE(exchange->responded());
    exchange->respond(ResponseHead(200), std::string("first"));
    EXPECT_TRUE(exchange->responded());
    exchange->respond(ResponseHead(200), std::string("second"));
    EXPECT_TRUE(exchange->stream(ResponseHead(200))->closed());
  });
  EXPECT_EQ(connect(server)->ask("GET", "/").body, "first");
}

// Gives the stream of a request to the test.
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
  void on_loop(const std::function<void(ResponseStream&)>& work) {
    std::promise<void> done;
    exchange_->loop().post([&] {
      work(*stream_);
      done.set_value();
    });
    done.get_future().get();
  }
  bool cancelled() const { return cancelled_; }

 private:
  std::promise<void> begun_;
  std::atomic<bool> cancelled_{false};
  std::shared_ptr<Exchange> exchange_;
  std::shared_ptr<ResponseStream> stream_;
};

TEST_P(Versions, AStreamsWritesLeaveAtOnceAndItsEndIsProper) {
  Streams streams;
  TestServer server(streams.handler());
  const auto speaker = connect(server);
  speaker->send("GET", "/", {}, std::nullopt, false);
  streams.wait_begun();
  streams.on_loop([](ResponseStream& stream) { stream.write("first"); });
  EXPECT_EQ(speaker->receive(5).body, "first");
  streams.on_loop([](ResponseStream& stream) {
    stream.write("second");
    stream.finish();
    EXPECT_TRUE(stream.closed());
    stream.write("dropped");
    stream.finish();
  });
  EXPECT_TRUE(eventually([&] { return server->counts().in_flight_requests == 0; }));
  EXPECT_EQ(server->counts().open_connections, 1U);
  EXPECT_FALSE(streams.cancelled());
}

TEST_P(Versions, AStreamIsClosedAndCancelledWhenTheClientGoesAway) {
  Streams streams;
  TestServer server(streams.handler());
  const auto speaker = connect(server);
  speaker->send("GET", "/", {}, std::nullopt, false);
  streams.wait_begun();
  speaker->vanish();
  EXPECT_TRUE(eventually([&] { return streams.cancelled(); }));
  streams.on_loop([](ResponseStream& stream) {
    EXPECT_TRUE(stream.closed());
    stream.write("late");
    stream.finish();
  });
  EXPECT_TRUE(eventually([&] { return server->counts().in_flight_requests == 0; }));
}

}  // namespace
}  // namespace limen::transport::test
