// HTTP/2 over real sockets: many requests at a time, windows, refusals, the end of a connection.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "unit/transport/http2_client.h"
#include "unit/transport/support.h"

namespace limen::transport::test {
namespace {

std::string chosen_protocol(TestServer& server, const std::string& offer,
                            const TlsWish& wish = {}) {
  Client client(server->secure_port());
  TlsWish full = wish;
  full.alpn = offer;
  if (!client.start_tls(full)) return "refused";
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client.ssl(), &chosen, &size);
  return std::string(reinterpret_cast<const char*>(chosen), size);
}

const std::string kBoth = "\x08http/1.1\x02h2";

TEST(Http2Alpn, PrefersHttp2) {
  TestServer server(echo());
  EXPECT_EQ(chosen_protocol(server, kBoth), "h2");
  EXPECT_EQ(chosen_protocol(server, kBoth, {.version = TLS1_2_VERSION}), "h2");
  EXPECT_EQ(chosen_protocol(server, "\x08http/1.1"), "http/1.1");
  EXPECT_EQ(chosen_protocol(server, "\x02h2"), "h2");
  EXPECT_EQ(chosen_protocol(server, "\x06spdy/3"), "refused");
  EXPECT_EQ(chosen_protocol(server, ""), "");
}

TEST(Http2Alpn, IsNotOfferedWhenItIsOff) {
  TestServer server(echo(), [](ServerOptions& options) { options.secure->http2 = false; });
  EXPECT_EQ(chosen_protocol(server, kBoth), "http/1.1");
  EXPECT_EQ(chosen_protocol(server, "\x02h2"), "refused");
}

TEST(Http2Alpn, IsChosenUnderTheCertificateOfANameToo) {
  const Folder folder;
  const KeyPair pair = make_certificate("named");
  TestServer server(echo(), [&](ServerOptions& options) {
    options.secure->sni_certificates.push_back({folder.write_certificate("named.crt", pair),
                                                folder.write_key("named.key", pair),
                                                {"named.example"}});
  });
  EXPECT_EQ(chosen_protocol(server, kBoth, {.server_name = "named.example"}), "h2");
}

TEST(Http2Alpn, IsNotChosenForACipherThatHttp2Forbids) {
  TestServer server(echo(), [](ServerOptions& options) {
    options.secure->cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"};
  });
  EXPECT_EQ(chosen_protocol(server, kBoth, {.version = TLS1_2_VERSION}), "http/1.1");
  EXPECT_EQ(chosen_protocol(server, kBoth, {.version = TLS1_3_VERSION}), "h2");
}

TEST(Http2, TheLocalListenerSpeaksHttp11Only) {
  TestServer server(echo());
  Client client(server->local_port());
  client.send(kPreface);
  EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 505 "));
}

TEST(Http2, SaysItsLimits) {
  TestServer server(echo());
  Http2Client client(server->secure_port());
  client.get("/");
  EXPECT_EQ(client.server_setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS), 100U);
  EXPECT_EQ(client.server_setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE), 256U * 1024);
  EXPECT_EQ(client.server_setting(NGHTTP2_SETTINGS_MAX_FRAME_SIZE), 256U * 1024);
  EXPECT_EQ(client.server_setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE), 1024U * 1024 + 320);
}

// Keeps the exchanges until the test answers them.
class Keeper {
 public:
  Handler handler() {
    return [this](std::shared_ptr<Exchange> exchange) {
      const std::lock_guard lock(mutex_);
      kept_[std::string(exchange->head().target)] = exchange;
    };
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }
  std::shared_ptr<Exchange> take(const std::string& target) {
    const std::lock_guard lock(mutex_);
    return std::exchange(kept_[target], nullptr);
  }
  void answer(const std::string& target, const std::string& body = "x") {
    const std::shared_ptr<Exchange> exchange = take(target);
    base::Executor& loop = exchange->loop();
    loop.post([exchange, body] { exchange->respond(ResponseHead(200), body); });
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Exchange>> kept_;
};

TEST(Http2, HandlesManyRequestsOfAConnectionAtATimeAndAnswersInAnyOrder) {
  Keeper keeper;
  TestServer server(keeper.handler());
  Http2Client client(server->secure_port());
  std::vector<std::int32_t> ids;
  for (int request = 0; request < 100; ++request) {
    ids.push_back(client.ask("GET", "/" + std::to_string(request)));
  }
  ASSERT_TRUE(eventually([&] { return keeper.size() == 100; }));
  EXPECT_EQ(server->counts().in_flight_requests, 100U);
  for (int request = 99; request >= 0; --request) {
    keeper.answer("/" + std::to_string(request), "body " + std::to_string(request));
    EXPECT_EQ(client.wait(ids[static_cast<std::size_t>(request)]).body,
              "body " + std::to_string(request));
  }
  EXPECT_TRUE(eventually([&] { return server->counts().in_flight_requests == 0; }));
  EXPECT_EQ(server->counts().accepted_connections, 1U);
}

TEST(Http2, AStreamOverTheLimitIsRefusedAndRoomIsFoundAgain) {
  Keeper keeper;
  TestServer server(keeper.handler(),
                    [](ServerOptions& options) { options.limits.max_streams = 2; });
  RawHttp2 client(server->secure_port());
  client.send(get_frame(1, "/1") + get_frame(3, "/3") + get_frame(5, "/5"));
  const std::optional<Frame> refused = client.receive(NGHTTP2_RST_STREAM);
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->stream, 5U);
  EXPECT_EQ(number_in(refused->payload), static_cast<std::uint32_t>(NGHTTP2_REFUSED_STREAM));
  keeper.answer("/1");
  ASSERT_EQ(client.receive(NGHTTP2_DATA)->stream, 1U);
  client.send(get_frame(7, "/7"));
  ASSERT_TRUE(eventually([&] { return keeper.size() == 3; }));
}

TEST(Http2, RequestsThatGoOnThoughTheirStreamsWereResetCount) {
  Keeper keeper;
  TestServer server(keeper.handler(),
                    [](ServerOptions& options) { options.limits.max_streams = 5; });
  RawHttp2 client(server->secure_port());
  for (std::uint32_t stream = 1; stream < 60; stream += 2) {
    const std::size_t before = keeper.size();
    client.send(get_frame(stream, "/" + std::to_string(stream)));
    if (before < 10) {
      ASSERT_TRUE(eventually([&] { return keeper.size() == before + 1; }));
    }
    client.send(frame(NGHTTP2_RST_STREAM, 0, stream, number(NGHTTP2_CANCEL)));
  }
  client.send(frame(NGHTTP2_PING, 0, 0, "12345678"));
  EXPECT_TRUE(client.receive(NGHTTP2_PING).has_value());
  EXPECT_EQ(keeper.size(), 10U);
  EXPECT_EQ(server->counts().in_flight_requests, 0U);
}

TEST(Http2, AStreamThatIsResetInTheSameBreathIsNeverHandled) {
  std::atomic<int> handled{0};
  TestServer server([&handled](std::shared_ptr<Exchange>) { ++handled; });
  RawHttp2 client(server->secure_port());
  client.send(get_frame(1) + frame(NGHTTP2_RST_STREAM, 0, 1, number(NGHTTP2_CANCEL)) +
              frame(NGHTTP2_PING, 0, 0, "12345678"));
  EXPECT_TRUE(client.receive(NGHTTP2_PING).has_value());
  EXPECT_EQ(handled, 0);
}

TEST(Http2, BodiesOfSeveralStreamsMayBeInterleaved) {
  TestServer server(echo());
  Http2Client client(server->secure_port());
  std::vector<std::int32_t> ids;
  for (int stream = 0; stream < 5; ++stream) {
    ids.push_back(client.ask("PUT", "/" + std::to_string(stream), {}, std::nullopt, true));
  }
  std::string body;
  for (int part = 0; part < 20; ++part) {
    for (const std::int32_t id : ids) client.more(id, "part" + std::to_string(part), part == 19);
    body += "part" + std::to_string(part);
  }
  for (std::size_t stream = 0; stream < ids.size(); ++stream) {
    EXPECT_EQ(client.wait(ids[stream]).body, "PUT /" + std::to_string(stream) + " " + body);
  }
}

TEST(Http2, ABodyNobodyReadsYetIsHeldBackByItsWindow) {
  Keeper keeper;
  TestServer server(keeper.handler());
  RawHttp2 client(server->secure_port());
  client.receive(NGHTTP2_SETTINGS);
  client.send(frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0));
  Fields fields = get_fields("/held");
  fields[0].second = "PUT";
  client.send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, block(fields)));
  const std::string part(16 * 1024, 'x');
  for (int piece = 0; piece < 16; ++piece) client.send(frame(NGHTTP2_DATA, 0, 1, part));
  ASSERT_TRUE(eventually([&] { return keeper.size() == 1; }));
  // One byte more than the window of 256 KiB is a breach.
  client.send(frame(NGHTTP2_DATA, 0, 1, "x"));
  const std::optional<Frame> reset = client.receive(NGHTTP2_RST_STREAM);
  ASSERT_TRUE(reset.has_value());
  EXPECT_EQ(number_in(reset->payload), static_cast<std::uint32_t>(NGHTTP2_FLOW_CONTROL_ERROR));
  EXPECT_TRUE(eventually([&] { return server->counts().in_flight_requests == 0; }));
}

TEST(Http2, TrailersOfARequestAreReadAndForgotten) {
  TestServer server(echo());
  RawHttp2 client(server->secure_port());
  Fields fields = get_fields("/t");
  fields[0].second = "PUT";
  client.send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, block(fields)) +
              frame(NGHTTP2_DATA, 0, 1, "body") +
              frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1,
                    block({{"sum", "1"}})));
  EXPECT_EQ(client.receive(NGHTTP2_DATA)->payload, "PUT /t body");
}

TEST(Http2, TooManyTrailersAreAMalformedBody) {
  TestServer server(echo(), [](ServerOptions& options) { options.limits.trailer_bytes = 100; });
  RawHttp2 client(server->secure_port());
  Fields fields = get_fields("/t");
  fields[0].second = "PUT";
  client.send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, block(fields)) +
              frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1,
                    block({{"sum", std::string(100, 'x')}})));
  EXPECT_EQ(client.receive(NGHTTP2_HEADERS)->stream, 1U);
  EXPECT_EQ(client.receive(NGHTTP2_DATA)->payload, "PUT /t ");
}

TEST(Http2, AnAnswerBeforeTheEndOfTheBodyEndsTheStreamWithoutAnError) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    exchange->respond(ResponseHead(401), std::string("who?"));
  });
  Http2Client client(server->secure_port());
  const std::int32_t id = client.ask("PUT", "/", {}, "begin", true);
  const Http2Client::Answer& answer = client.wait(id);
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.body, "who?");
  EXPECT_TRUE(answer.ended);
  EXPECT_EQ(answer.code, static_cast<std::uint32_t>(NGHTTP2_NO_ERROR));
  // The connection is as good as before.
  EXPECT_EQ(client.get("/").status, 401);
}

// ---- windows -----------------------------------------------------------------------------------

constexpr std::size_t kLarge = 8 * 1024 * 1024;

TEST(Http2Windows, ASlowReadersAnswerWaitsWhileOthersGoOn) {
  const auto large = std::make_shared<const std::string>(std::string(kLarge, 'l'));
  TestServer server([large](std::shared_ptr<Exchange> exchange) {
    std::vector<BodyPiece> body;
    if (exchange->head().target == "/large") {
      body.emplace_back(large, std::string_view(*large));
    } else {
      body.emplace_back(std::string("small"));
    }
    exchange->respond(ResponseHead(200), std::move(body));
  });
  Http2Client client(server->secure_port(), {}, 0, true);
  nghttp2_session_set_local_window_size(client.session(), NGHTTP2_FLAG_NONE, 0, 1024 * 1024);
  const std::int32_t slow = client.ask("GET", "/large");
  client.until([&] { return client.answer(slow).body.size() >= 65'535; });
  for (int request = 0; request < 10; ++request) EXPECT_EQ(client.get("/small").body, "small");
  EXPECT_EQ(client.answer(slow).body.size(), 65'535U);
  // And then it reads.
  std::size_t taken = 0;
  while (!client.answer(slow).closed) {
    const std::size_t come = client.answer(slow).body.size();
    client.open_window(slow, come - taken);
    taken = come;
    if (!client.step()) break;
  }
  EXPECT_TRUE(client.answer(slow).body == *large);
}

TEST(Http2Windows, AStreamCountsWhatItsReaderHasNotTakenAndTellsWhenItHas) {
  std::promise<std::pair<std::shared_ptr<Exchange>, std::shared_ptr<ResponseStream>>> begun;
  TestServer server([&begun](std::shared_ptr<Exchange> exchange) {
    begun.set_value({exchange, exchange->stream(ResponseHead(200))});
  });
  Http2Client client(server->secure_port(), {}, 0, true);
  nghttp2_session_set_local_window_size(client.session(), NGHTTP2_FLAG_NONE, 0, 64 * 1024 * 1024);
  const std::int32_t id = client.ask("GET", "/");
  auto [exchange, stream] = begun.get_future().get();
  std::atomic<int> drained{0};
  std::atomic<std::size_t> pending{0};
  exchange->loop().post([&, stream = stream] {
    stream->on_drain([&drained] { ++drained; });
    stream->write(std::string(1024 * 1024, 'x'));
    pending = stream->pending_bytes();
  });
  ASSERT_TRUE(client.until([&] { return client.answer(id).body.size() == 65'535; }));
  EXPECT_EQ(pending, 1024U * 1024);
  EXPECT_EQ(drained, 0);
  std::size_t taken = 0;
  while (client.answer(id).body.size() < 1024 * 1024) {
    const std::size_t come = client.answer(id).body.size();
    client.open_window(id, come - taken);
    taken = come;
    ASSERT_TRUE(client.step());
  }
  EXPECT_TRUE(eventually([&] { return drained == 1; }));
}

TEST(Http2Windows, AStreamWhoseReaderTakesNothingIsResetAndOthersLiveOn) {
  TestServer server(
      [](std::shared_ptr<Exchange> exchange) {
        exchange->respond(ResponseHead(200),
                          std::string(exchange->head().target == "/l" ? 1024 * 1024 : 1, 'x'));
      },
      [](ServerOptions& options) { options.limits.write_stall = milliseconds(100); });
  Http2Client client(server->secure_port(), {}, 0, true);
  nghttp2_session_set_local_window_size(client.session(), NGHTTP2_FLAG_NONE, 0, 1024 * 1024);
  const Http2Client::Answer& answer = client.wait(client.ask("GET", "/l"));
  EXPECT_FALSE(answer.ended);
  EXPECT_EQ(answer.code, static_cast<std::uint32_t>(NGHTTP2_CANCEL));
  EXPECT_EQ(client.get("/s").body, "x");
  EXPECT_TRUE(eventually([&] { return server->counts().in_flight_requests == 0; }));
}

TEST(Http2Windows, AClientThatReadsNoByteOfTheSocketIsCut) {
  TestServer server(
      [](std::shared_ptr<Exchange> exchange) {
        exchange->respond(ResponseHead(200), std::string(kLarge, 'x'));
      },
      [](ServerOptions& options) { options.limits.write_stall = milliseconds(100); });
  RawHttp2 client(server->secure_port());
  client.send(frame(NGHTTP2_SETTINGS, 0, 0,
                    number(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 2) + number(0x7fffffff)) +
              frame(NGHTTP2_WINDOW_UPDATE, 0, 0, number(0x7fff0000)));
  for (std::uint32_t stream = 1; stream < 20; stream += 2) client.send(get_frame(stream));
  EXPECT_TRUE(eventually([&] { return server->counts().requests == 10; }));
  EXPECT_TRUE(eventually([&] { return server->counts().open_connections == 0; }));
}

TEST(Http2Windows, ManyLargeAnswersTakeTurns) {
  const auto large = std::make_shared<const std::string>(std::string(kLarge, 'l'));
  TestServer server([large](std::shared_ptr<Exchange> exchange) {
    std::vector<BodyPiece> body;
    body.emplace_back(large, std::string_view(*large));
    exchange->respond(ResponseHead(200), std::move(body));
  });
  Http2Client client(server->secure_port());
  std::vector<std::int32_t> ids;
  for (int request = 0; request < 4; ++request) ids.push_back(client.ask("GET", "/"));
  ASSERT_TRUE(client.until([&] { return client.answer(ids[0]).body.size() > kLarge / 2; }));
  for (const std::int32_t id : ids) EXPECT_GT(client.answer(id).body.size(), kLarge / 4);
  for (const std::int32_t id : ids) EXPECT_TRUE(client.wait(id).body == *large);
}

TEST(Http2Windows, AnAbortIsToldFromAProperEnd) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    const std::shared_ptr<ResponseStream> stream = exchange->stream(ResponseHead(200));
    stream->write("half");
    stream->abort();
    EXPECT_TRUE(stream->closed());
  });
  Http2Client client(server->secure_port());
  const Http2Client::Answer answer = client.get("/");
  EXPECT_EQ(answer.body, "half");
  EXPECT_FALSE(answer.ended);
  EXPECT_EQ(answer.code, static_cast<std::uint32_t>(NGHTTP2_INTERNAL_ERROR));
}

TEST(Http2Windows, WritesOfOneTurnLeaveAsOneFrame) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    const std::shared_ptr<ResponseStream> stream = exchange->stream(ResponseHead(200));
    for (int event = 0; event < 10; ++event) stream->write("0123456789");
  });
  RawHttp2 client(server->secure_port());
  client.send(get_frame(1));
  EXPECT_EQ(client.receive(NGHTTP2_DATA)->payload.size(), 100U);
}

// ---- the end of a connection -------------------------------------------------------------------

TEST(Http2End, AfterAnAnswerToAStrangerTheConnectionGoesAway) {
  Keeper keeper;
  TestServer server([&keeper](std::shared_ptr<Exchange> exchange) {
    if (exchange->head().target == "/stranger") {
      exchange->distrust_peer();
      exchange->respond(ResponseHead(401), std::string("who?"));
    } else {
      keeper.handler()(exchange);
    }
  });
  Http2Client client(server->secure_port());
  const std::int32_t known = client.ask("GET", "/known");
  ASSERT_TRUE(eventually([&] { return keeper.size() == 1; }));
  EXPECT_EQ(client.get("/stranger").body, "who?");
  ASSERT_TRUE(client.until([&] { return client.goaway().has_value(); }));
  EXPECT_EQ(client.goaway()->last_stream, 3);
  EXPECT_EQ(client.goaway()->code, static_cast<std::uint32_t>(NGHTTP2_NO_ERROR));
  // What runs is answered, then the connection ends.
  keeper.answer("/known");
  EXPECT_EQ(client.wait(known).body, "x");
  EXPECT_TRUE(client.until_end());
}

TEST(Http2End, WhatComesAfterAnAnswerToAStrangerIsNotHandled) {
  std::atomic<int> handled{0};
  TestServer server([&handled](std::shared_ptr<Exchange> exchange) {
    ++handled;
    exchange->distrust_peer();
    exchange->respond(ResponseHead(401), std::string("who?"));
  });
  RawHttp2 client(server->secure_port());
  client.send(get_frame(1));
  EXPECT_TRUE(client.receive(NGHTTP2_GOAWAY).has_value());
  client.send(get_frame(3));
  EXPECT_EQ(client.end_code(), std::nullopt);
  EXPECT_EQ(handled, 1);
}

TEST(Http2End, ClosesWhenTheHandlerAsksForIt) {
  TestServer server([](std::shared_ptr<Exchange> exchange) {
    ResponseHead head(200);
    head.close_connection = true;
    exchange->respond(head, std::string("bye"));
  });
  Http2Client client(server->secure_port());
  const Http2Client::Answer answer = client.get("/");
  EXPECT_EQ(answer.body, "bye");
  EXPECT_FALSE(answer.headers.contains("connection"));
  EXPECT_TRUE(client.until_end());
  EXPECT_TRUE(client.goaway().has_value());
}

TEST(Http2End, ADrainClosesIdleConnectionsAtOnce) {
  TestServer server(echo());
  Http2Client client(server->secure_port());
  client.get("/");
  std::thread draining([&] { server->drain(kPatience); });
  EXPECT_TRUE(client.until_end());
  ASSERT_TRUE(client.goaway().has_value());
  EXPECT_EQ(client.goaway()->last_stream, 1);
  client.client().close();
  draining.join();
  EXPECT_EQ(server->counts().open_connections, 0U);
}

TEST(Http2End, ADrainFinishesWhatRunsAndWhatWasOnItsWay) {
  Keeper keeper;
  TestServer server(keeper.handler());
  Http2Client client(server->secure_port());
  const std::int32_t first = client.ask("GET", "/first");
  ASSERT_TRUE(eventually([&] { return keeper.size() == 1; }));
  std::thread draining([&] { server->drain(kPatience); });
  // Before it has heard of the end, the client asks once more.
  std::this_thread::sleep_for(milliseconds(50));
  const std::int32_t second = client.ask("GET", "/second");
  ASSERT_TRUE(eventually([&] { return keeper.size() == 2; }));
  ASSERT_TRUE(client.until([&] { return client.goaway() && client.goaway()->last_stream < 100; }));
  EXPECT_EQ(client.goaway()->last_stream, 3);
  keeper.answer("/first", "one");
  keeper.answer("/second", "two");
  EXPECT_EQ(client.wait(first).body, "one");
  EXPECT_EQ(client.wait(second).body, "two");
  EXPECT_TRUE(client.until_end());
  client.client().close();
  draining.join();
}

TEST(Http2End, ADrainCancelsStreamsWhichMayEndProperly) {
  std::promise<void> begun;
  TestServer server([&begun](std::shared_ptr<Exchange> exchange) {
    const std::shared_ptr<ResponseStream> stream = exchange->stream(ResponseHead(200));
    exchange->on_cancel([stream] {
      stream->write("last");
      stream->finish();
    });
    begun.set_value();
  });
  Http2Client client(server->secure_port());
  const std::int32_t id = client.ask("GET", "/");
  begun.get_future().wait();
  std::thread draining([&] { server->drain(kPatience); });
  const Http2Client::Answer& answer = client.wait(id);
  EXPECT_EQ(answer.body, "last");
  EXPECT_TRUE(answer.ended);
  EXPECT_TRUE(client.until_end());
  client.client().close();
  draining.join();
}

TEST(Http2End, AnIdleConnectionIsClosedOnlyAfterTheIdleTime) {
  TestServer server(echo(), [](ServerOptions& options) {
    options.limits.header_read = milliseconds(30'000);
    options.limits.idle = milliseconds(150);
  });
  Http2Client client(server->secure_port());
  const auto begin = std::chrono::steady_clock::now();
  client.get("/");
  client.ping();  // no request, so no reason to stay
  EXPECT_TRUE(client.until_end());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(150));
  EXPECT_TRUE(client.goaway().has_value());
}

TEST(Http2End, ARequestBeingHandledIsNotIdle) {
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
  Http2Client client(server->secure_port());
  EXPECT_EQ(client.get("/").body, "at last");
}

TEST(Http2End, AConnectionThatNeverAsksIsCutAfterTheHeaderTime) {
  TestServer server(echo(),
                    [](ServerOptions& options) { options.limits.header_read = milliseconds(50); });
  Http2Client client(server->secure_port());
  EXPECT_TRUE(client.until_end());
}

TEST(Http2End, AHeadThatTricklesIsCutThoughOthersAreHandled) {
  Keeper keeper;
  TestServer server(keeper.handler(),
                    [](ServerOptions& options) { options.limits.header_read = milliseconds(80); });
  RawHttp2 client(server->secure_port());
  client.send(get_frame(1, "/held"));
  ASSERT_TRUE(eventually([&] { return keeper.size() == 1; }));
  client.send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 3, block(get_fields())));
  EXPECT_TRUE(client.end_code().has_value());
  EXPECT_TRUE(eventually([&] { return server->counts().open_connections == 0; }));
  EXPECT_TRUE(keeper.take("/held")->cancelled());
}

TEST(Http2End, AClientThatIsGoneCancelsAllItsRequests) {
  Keeper keeper;
  TestServer server(keeper.handler());
  Http2Client client(server->secure_port());
  for (int request = 0; request < 10; ++request) client.ask("GET", "/" + std::to_string(request));
  ASSERT_TRUE(eventually([&] { return keeper.size() == 10; }));
  client.client().close();
  EXPECT_TRUE(eventually([&] { return server->counts().open_connections == 0; }));
  EXPECT_EQ(server->counts().in_flight_requests, 0U);
  EXPECT_TRUE(keeper.take("/9")->cancelled());
}

TEST(Http2End, StopCutsEverything) {
  Keeper keeper;
  TestServer server(keeper.handler());
  Http2Client client(server->secure_port());
  client.ask("GET", "/");
  ASSERT_TRUE(eventually([&] { return keeper.size() == 1; }));
  server->stop();
  client.until_end();
  EXPECT_EQ(server->counts().open_connections, 0U);
}

}  // namespace
}  // namespace limen::transport::test
