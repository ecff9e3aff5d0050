// Requests and answers over real sockets, with and without TLS.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "unit/transport/support.h"

namespace limen::transport::test {
namespace {

// Each behaviour holds on both listeners.
class Http : public ::testing::TestWithParam<Listener> {
 protected:
  std::unique_ptr<Client> connect(TestServer& server) {
    const bool secure = GetParam() == Listener::secure;
    auto client = std::make_unique<Client>(secure ? server->secure_port() : server->local_port());
    EXPECT_TRUE(client->connected());
    if (secure) {
      EXPECT_TRUE(client->start_tls());
    }
    return client;
  }
};

INSTANTIATE_TEST_SUITE_P(Listeners, Http, ::testing::Values(Listener::secure, Listener::local),
                         [](const auto& listener) {
                           return listener.param == Listener::secure ? "secure" : "local";
                         });

TEST_P(Http, AnswersWithStatusHeadersDateLengthAndBody) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    ResponseHead head(201);
    head.add("Content-Type", "application/json");
    exchange->respond(head, std::string("{}"));
  });
  const auto client = connect(server);
  client->send(get("/x"));
  const std::string answer = client->receive_answer();
  EXPECT_TRUE(
      answer.starts_with("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nDate: "))
      << answer;
  EXPECT_TRUE(answer.ends_with(" GMT\r\nContent-Length: 2\r\n\r\n{}")) << answer;
}

TEST_P(Http, ShowsTheHeadAsItWasSent) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    std::string seen =
        std::string(exchange->head().method) + "|" + std::string(exchange->head().target);
    for (const HeaderView& header : exchange->head().headers) {
      seen += "|" + std::string(header.name) + "=" + std::string(header.value);
    }
    seen += exchange->listener() == Listener::secure ? "|secure" : "|local";
    seen += "|" + exchange->peer().source_ip + "|" + exchange->peer().tls_version;
    exchange->respond(ResponseHead(200), seen);
  });
  const auto client = connect(server);
  client->send(get("/a//b/../c?d=%2F&e", "X-Y:  z \r\n"));
  const std::string way =
      GetParam() == Listener::secure ? "|secure|127.0.0.1|TLSv1.3" : "|local|127.0.0.1|";
  EXPECT_EQ(body_of(client->receive_answer()), "GET|/a//b/../c?d=%2F&e|Host=test|X-Y=z" + way);
}

TEST_P(Http, KeepsTheConnectionForTheNextRequest) {
  TestServer server(echo());
  const auto client = connect(server);
  for (int round = 0; round < 3; ++round) {
    client->send(get("/" + std::to_string(round)));
    EXPECT_EQ(body_of(client->receive_answer()), "GET /" + std::to_string(round) + " ");
  }
  EXPECT_EQ(server->counts().accepted_connections, 1U);
}

TEST_P(Http, ClosesWhenTheClientAsksForIt) {
  TestServer server(echo());
  const auto client = connect(server);
  client->send(get("/", "Connection: close\r\n"));
  const std::string answer = client->receive_all();
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("GET / "));
  EXPECT_TRUE(client->proper_end());
}

TEST_P(Http, ClosesWhenTheHandlerAsksForIt) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    ResponseHead head(200);
    head.close_connection = true;
    exchange->respond(head, std::string("bye"));
  });
  const auto client = connect(server);
  client->send(get("/"));
  const std::string answer = client->receive_all();
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("bye"));
}

TEST_P(Http, ClosesAfterAnHttp10RequestUnlessItSaysKeepAlive) {
  TestServer server(echo());
  const auto client = connect(server);
  client->send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string kept = client->receive_answer();
  EXPECT_NE(kept.find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  client->send("GET /b HTTP/1.0\r\n\r\n");
  const std::string closed = client->receive_all();
  EXPECT_NE(closed.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(closed.ends_with("GET /b "));
}

TEST_P(Http, ReadsARequestThatComesByteByByte) {
  TestServer server(echo());
  const auto client = connect(server);
  const std::string request =
      "POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n";
  for (const char& byte : request) client->send({&byte, 1});
  EXPECT_EQ(body_of(client->receive_answer()), "POST /slow hello");
}

TEST_P(Http, ReadsBodiesByLengthAndInChunksAndFindsTheNextRequestBehindThem) {
  TestServer server(echo());
  const auto client = connect(server);
  client->send(
      "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
      "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nSum: 1\r\n\r\n" +
      get("/c"));
  EXPECT_EQ(body_of(client->receive_answer()), "POST /a hello");
  EXPECT_EQ(body_of(client->receive_answer()), "POST /b abcde");
  EXPECT_EQ(body_of(client->receive_answer()), "GET /c ");
}

TEST_P(Http, ReadsALargeBody) {
  TestServer server(echo(4 * 1024 * 1024));
  const auto client = connect(server);
  const std::string body(3 * 1024 * 1024, 'b');
  client->send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n");
  client->send(body);
  EXPECT_EQ(body_of(client->receive_answer()), "PUT / " + body);
}

TEST_P(Http, SendsALargeAnswerOfManyPieces) {
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
  const auto client = connect(server);
  client->send(get("/"));
  EXPECT_EQ(body_of(client->receive_answer()), expected);
}

TEST_P(Http, AnswersPipelinedRequestsInOrderEvenWhenTheFirstTakesLonger) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    auto answer = [exchange] {
      exchange->respond(ResponseHead(200), std::string(exchange->head().target));
    };
    if (exchange->head().target == "/1") {
      exchange->loop().post_at(base::SteadyClock::now() + milliseconds(30), answer);
    } else {
      answer();
    }
  });
  const auto client = connect(server);
  client->send(get("/1") + get("/2") + get("/3"));
  EXPECT_EQ(body_of(client->receive_answer()), "/1");
  EXPECT_EQ(body_of(client->receive_answer()), "/2");
  EXPECT_EQ(body_of(client->receive_answer()), "/3");
}

TEST_P(Http, HandlesOneRequestOfAConnectionAtATime) {
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  TestServer server([&](std::shared_ptr<Exchange> exchange) {
    most = std::max(most.load(), ++at_once);
    exchange->loop().post_at(base::SteadyClock::now() + milliseconds(2), [&at_once, exchange] {
      --at_once;
      exchange->respond(ResponseHead(200), std::string("x"));
    });
  });
  const auto client = connect(server);
  std::string requests;
  for (int request = 0; request < 20; ++request) requests += get("/");
  client->send(requests);
  for (int request = 0; request < 20; ++request) {
    EXPECT_EQ(body_of(client->receive_answer()), "x");
  }
  EXPECT_EQ(most, 1);
}

TEST_P(Http, AnswersHeadWithTheLengthAndNoBody) {
  TestServer server(echo());
  const auto client = connect(server);
  client->send("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n" + get("/next"));
  const std::string head = client->receive_answer(false);
  EXPECT_NE(head.find("\r\nContent-Length: 10\r\n"), std::string::npos) << head;
  EXPECT_EQ(body_of(client->receive_answer()), "GET /next ");
}

TEST_P(Http, SendsNeitherLengthNorBodyWithNoContentAndNotModified) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    const int status = exchange->head().target == "/204" ? 204 : 304;
    exchange->respond(ResponseHead(status), std::string("dropped"));
  });
  const auto client = connect(server);
  client->send(get("/204") + get("/304"));
  const std::string first = client->receive_until("\r\n\r\n");
  const std::string second = client->receive_until("\r\n\r\n");
  EXPECT_TRUE(first.starts_with("HTTP/1.1 204 No Content\r\n"));
  EXPECT_TRUE(second.starts_with("HTTP/1.1 304 Not Modified\r\n"));
  EXPECT_EQ((first + second).find("Content-Length"), std::string::npos);
}

TEST_P(Http, AsksForTheBodyOnlyWhenTheHandlerWantsIt) {
  TestServer server(echo());
  const auto client = connect(server);
  client->send("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client->receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client->send("hello");
  EXPECT_EQ(body_of(client->receive_answer()), "PUT /a hello");
}

TEST_P(Http, DoesNotAskForABodyThatIsRefused) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    exchange->respond(ResponseHead(401), std::string("who?"));
  });
  const auto client = connect(server);
  client->send("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  const std::string answer = client->receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n")) << answer;
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
}

TEST_P(Http, RefusesAnUnknownExpectation) {
  std::atomic<int> handled{0};
  TestServer server([&handled](std::shared_ptr<Exchange>) { ++handled; });
  const auto client = connect(server);
  client->send(get("/", "Expect: a-miracle\r\n"));
  const std::string answer = client->receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 417 Expectation Failed\r\n")) << answer;
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(handled, 0);
}

TEST_P(Http, SkipsABodyNobodyReadAndGoesOn) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    exchange->respond(ResponseHead(200), std::string(exchange->head().target));
  });
  const auto client = connect(server);
  client->send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nGET /evil HTTP/1.1\r\n");
  EXPECT_EQ(body_of(client->receive_answer()), "/a");
  client->send("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(body_of(client->receive_answer()), "/b");
  client->send("late" + get("/c"));
  EXPECT_EQ(body_of(client->receive_answer()), "/c");
}

TEST_P(Http, ClosesRatherThanSkipALongBody) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    exchange->respond(ResponseHead(200), std::string("enough"));
  });
  const auto client = connect(server);
  client->send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 262145\r\n\r\n");
  const std::string answer = client->receive_all();
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("enough"));
}

TEST_P(Http, SkipsABodyOfExactlyTheDrainLimit) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    exchange->respond(ResponseHead(200), std::string(exchange->head().target));
  });
  const auto client = connect(server);
  client->send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 262144\r\n\r\n");
  EXPECT_EQ(body_of(client->receive_answer()), "/a");
  client->send(std::string(262'144, 'x') + get("/b"));
  EXPECT_EQ(body_of(client->receive_answer()), "/b");
}

TEST_P(Http, TellsAMalformedBodyAndCloses) {
  TestServer server(echo());
  const auto client = connect(server);
  client->send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  const std::string answer = client->receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << answer;
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
}

TEST_P(Http, RefusesAMalformedHeadInGosFormAndCloses) {
  TestServer server(echo());
  const auto client = connect(server);
  client->send("GET / HTTP/1.1\r\nHost : a\r\n\r\n" + get("/next"));
  EXPECT_EQ(client->receive_all(),
            "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Connection: close\r\n\r\n400 Bad Request");
  EXPECT_TRUE(client->proper_end());
  EXPECT_EQ(server->counts().malformed_requests, 1U);
  EXPECT_EQ(server->counts().requests, 0U);
}

TEST_P(Http, RefusesAnUnknownTransferCodingInGosForm) {
  TestServer server(echo());
  const auto client = connect(server);
  client->send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(client->receive_all(),
            "HTTP/1.1 501 Not Implemented\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Connection: close\r\n\r\nUnsupported transfer encoding");
}

TEST_P(Http, AnswersWhatCameBeforeAMalformedRequest) {
  TestServer server(echo());
  const auto client = connect(server);
  client->send(get("/good") + "nonsense\r\n\r\n");
  EXPECT_EQ(body_of(client->receive_answer()), "GET /good ");
  EXPECT_TRUE(client->receive_all().starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_P(Http, TheRefusalArrivesThoughTheClientGoesOnSending) {
  TestServer server(echo());
  const auto client = connect(server);
  client->send("BAD\r\n\r\n" + std::string(500'000, 'x'));
  EXPECT_TRUE(client->receive_all().starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_P(Http, AnswersAClientThatHasEndedItsSending) {
  TestServer server(echo());
  const auto client = connect(server);
  client->send(get("/a") + get("/b"));
  client->end_sending();
  EXPECT_EQ(body_of(client->receive_answer()), "GET /a ");
  EXPECT_EQ(body_of(client->receive_answer()), "GET /b ");
  EXPECT_EQ(client->receive_all(), "");
}

TEST_P(Http, CancelsAnExchangeWhoseClientGoesAway) {
  std::promise<bool> cancelled;
  TestServer server([&cancelled](std::shared_ptr<Exchange> exchange) {
    exchange->on_cancel(
        [&cancelled, raw = exchange.get()] { cancelled.set_value(raw->cancelled()); });
    // The exchange is answered late, which must harm nobody.
    exchange->loop().post_at(base::SteadyClock::now() + milliseconds(100), [exchange] {
      exchange->respond(ResponseHead(200), std::string("late"));
    });
  });
  const auto client = connect(server);
  client->send(get("/"));
  EXPECT_TRUE(eventually([&] { return server->counts().in_flight_requests == 1; }));
  client->reset();
  auto seen = cancelled.get_future();
  ASSERT_EQ(seen.wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(seen.get());
  EXPECT_TRUE(eventually([&] { return server->counts().open_connections == 0; }));
  EXPECT_EQ(server->counts().in_flight_requests, 0U);
}

TEST_P(Http, EndsTheReadingOfABodyWhoseClientGoesAway) {
  std::promise<BodyStatus> status;
  TestServer server([&status](std::shared_ptr<Exchange> exchange) {
    exchange->read_body(
        100, [&status, exchange](BodyStatus ended, std::string) { status.set_value(ended); });
  });
  const auto client = connect(server);
  client->send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhalf");
  EXPECT_TRUE(eventually([&] { return server->counts().in_flight_requests == 1; }));
  client->close();
  EXPECT_EQ(status.get_future().get(), BodyStatus::cancelled);
}

TEST_P(Http, AHandlerMayReadTheBodyLater) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    exchange->loop().post_at(base::SteadyClock::now() + milliseconds(30), [exchange] {
      exchange->read_body(100, [exchange](BodyStatus, std::string body) {
        exchange->loop().post([exchange, body] { exchange->respond(ResponseHead(200), body); });
      });
    });
  });
  const auto client = connect(server);
  client->send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + get("/next"));
  EXPECT_EQ(body_of(client->receive_answer()), "hello");
  EXPECT_EQ(body_of(client->receive_answer()), "");
}

TEST_P(Http, AnAnsweredExchangeIsLetGoThoughItsCancelFunctionHoldsIt) {
  std::promise<std::weak_ptr<Exchange>> seen;
  TestServer server([&seen](std::shared_ptr<Exchange> exchange) {
    exchange->on_cancel([exchange] {});
    seen.set_value(exchange);
    exchange->respond(ResponseHead(200), std::string("x"));
  });
  const auto client = connect(server);
  client->send(get("/"));
  client->receive_answer();
  const std::weak_ptr<Exchange> exchange = seen.get_future().get();
  EXPECT_TRUE(eventually([&] { return exchange.expired(); }));
}

TEST_P(Http, ASecondAnswerIsIgnored) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    EXPECT_FALSE(exchange->responded());
    exchange->respond(ResponseHead(200), std::string("first"));
    EXPECT_TRUE(exchange->responded());
    exchange->respond(ResponseHead(200), std::string("second"));
    EXPECT_TRUE(exchange->stream(ResponseHead(200))->closed());
  });
  const auto client = connect(server);
  client->send(get("/a") + get("/b"));
  EXPECT_EQ(body_of(client->receive_answer()), "first");
  EXPECT_EQ(body_of(client->receive_answer()), "first");
}

}  // namespace
}  // namespace limen::transport::test
