// What no honest HTTP/2 client sends: malformed requests and frames, and floods of each kind.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "observability/metrics.h"
#include "unit/transport/http2_client.h"
#include "unit/transport/support.h"

namespace limen::transport::test {
namespace {

constexpr std::uint8_t kWhole = NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM;

// ---- malformed requests ------------------------------------------------------------------------

Fields changed(std::string_view name, const std::string& value) {
  Fields fields = get_fields();
  for (auto& [key, old] : fields) {
    if (key == name) old = value;
  }
  return fields;
}

Fields without(std::string_view name) {
  Fields fields = get_fields();
  std::erase_if(fields, [name](const auto& field) { return field.first == name; });
  return fields;
}

Fields early(const std::string& name, const std::string& value) {
  Fields fields = get_fields();
  fields.insert(fields.begin(), {name, value});
  return fields;
}

// Requests that RFC 9113 section 8 calls malformed: the stream is reset, the connection lives on.
const std::vector<std::pair<const char*, Fields>> kMalformed = {
    {"upper case", get_fields("/", {{"Accept", "x"}})},
    {"connection", get_fields("/", {{"connection", "close"}})},
    {"keep-alive", get_fields("/", {{"keep-alive", "1"}})},
    {"proxy-connection", get_fields("/", {{"proxy-connection", "close"}})},
    {"transfer-encoding", get_fields("/", {{"transfer-encoding", "chunked"}})},
    {"upgrade", get_fields("/", {{"upgrade", "h2c"}})},
    {"te", get_fields("/", {{"te", "gzip"}})},
    {"a pseudo-header field twice", early(":path", "/")},
    {"a pseudo-header field after others", get_fields("/", {{":path", "/"}})},
    {"a late pseudo-header field", early("accept", "x")},
    {"an unknown pseudo-header field", early(":wish", "x")},
    {"one of answers", early(":status", "200")},
    {"a protocol nobody offered", early(":protocol", "websocket")},
    {"no method", without(":method")},
    {"no path", without(":path")},
    {"no scheme", without(":scheme")},
    {"neither authority nor host", without(":authority")},
    {"an empty path", changed(":path", "")},
    {"a path without slash", changed(":path", "a")},
    {"an absolute path", changed(":path", "https://test/")},
    {"a star without OPTIONS", changed(":path", "*")},
    {"a path with a space", changed(":path", "/a b")},
    {"a path with a line end", changed(":path", "/\r\nx: y")},
    {"a value with a line end", get_fields("/", {{"x", "a\r\nb: c"}})},
    {"a value with NUL", get_fields("/", {{"x", std::string("a\0b", 3)}})},
    {"a value with white space around", get_fields("/", {{"x", " a "}})},
    {"a name with a space", get_fields("/", {{"x y", "a"}})},
    {"an empty name", get_fields("/", {{"", "a"}})},
    {"two lengths", get_fields("/", {{"content-length", "0"}, {"content-length", "0"}})},
    {"a length that is none", get_fields("/", {{"content-length", "1x"}})},
    {"a length without a body", get_fields("/", {{"content-length", "1"}})},
    {"CONNECT with a path", changed(":method", "CONNECT")},
};

TEST(Http2Malformed, RequestsAreResetAndTheConnectionLivesOn) {
  std::atomic<int> handled{0};
  TestServer server([&handled](std::shared_ptr<Exchange> exchange) {
    ++handled;
    exchange->respond(ResponseHead(200), std::string("ok"));
  });
  for (const auto& [name, fields] : kMalformed) {
    RawHttp2 client(server->secure_port());
    client.send(frame(NGHTTP2_HEADERS, kWhole, 1, block(fields)));
    const std::optional<Frame> reset = client.receive(NGHTTP2_RST_STREAM);
    ASSERT_TRUE(reset.has_value()) << name;
    EXPECT_EQ(number_in(reset->payload), static_cast<std::uint32_t>(NGHTTP2_PROTOCOL_ERROR))
        << name;
    EXPECT_EQ(handled, 0) << name;
    client.send(get_frame(3));
    EXPECT_EQ(client.receive(NGHTTP2_DATA)->payload, "ok") << name;
    handled = 0;
  }
}

// What libnghttp2 lets pass and HTTP/1.1 would refuse: the same words.
TEST(Http2Malformed, WhatOnlyThisServerRefusesIsToldInTheWordsOfHttp11) {
  TestServer server(echo());
  const std::vector<std::pair<Fields, std::string>> refused = {
      {get_fields("/", {{"host", "other"}}), "400 Bad Request: Host header and :authority differ"},
      {changed(":authority", "a@b"), "400 Bad Request: malformed Host header"},
      {changed(":scheme", "ftp"), "400 Bad Request"},
      {changed(":path", "/" + std::string(65'000, 'x') + std::string(600, 'x')),
       "414 Request URI Too Long"},
  };
  Http2Client client(server->secure_port());
  for (const auto& [fields, words] : refused) {
    const Http2Client::Answer& answer = client.wait(client.ask_with(fields));
    EXPECT_EQ(answer.body, words);
    EXPECT_EQ(std::to_string(answer.status), words.substr(0, 3));
  }
  EXPECT_EQ(server->counts().requests, 0U);
}

TEST(Http2Malformed, TeTrailersIsNoError) {
  TestServer server(echo());
  Http2Client client(server->secure_port());
  EXPECT_EQ(client.get("/", {{"te", "trailers"}}).status, 200);
}

TEST(Http2Malformed, ABodyOfAnotherLengthThanAnnouncedIsReset) {
  TestServer server(echo());
  for (const char* body : {"abcd", "ab"}) {
    RawHttp2 client(server->secure_port());
    Fields fields = changed(":method", "PUT");
    fields.emplace_back("content-length", "3");
    client.send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, block(fields)) +
                frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, body));
    const std::optional<Frame> reset = client.receive(NGHTTP2_RST_STREAM);
    ASSERT_TRUE(reset.has_value());
    EXPECT_EQ(number_in(reset->payload), static_cast<std::uint32_t>(NGHTTP2_PROTOCOL_ERROR));
  }
  EXPECT_TRUE(eventually([&] { return server->counts().in_flight_requests == 0; }));
}

TEST(Http2Malformed, TheAnswerTo431ComesForALargeHeadToo) {
  TestServer server(echo());
  Http2Client client(server->secure_port());
  Fields many(40, {"x", std::string(30'000, 'y')});
  EXPECT_EQ(client.get("/", many).status, 431);
  many.resize(30);
  EXPECT_EQ(client.get("/", many).status, 200);
}

TEST(Http2Malformed, ASingleFieldBeyondWhatLibnghttp2DecodesEndsTheConnection) {
  TestServer server(echo());
  RawHttp2 client(server->secure_port());
  client.receive(NGHTTP2_SETTINGS);
  const std::string large = block(get_fields("/", {{"x", std::string(65'537, 'y')}}));
  client.send(frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0) +
              frame(NGHTTP2_HEADERS, kWhole, 1, large));
  EXPECT_EQ(client.end_code(), static_cast<std::uint32_t>(NGHTTP2_COMPRESSION_ERROR));
}

// ---- malformed frames --------------------------------------------------------------------------

struct Breach {
  const char* name;
  std::string bytes;
  std::uint32_t code;
};

const std::vector<Breach> kBreaches = {
    {"DATA on stream 0", frame(NGHTTP2_DATA, 0, 0, "x"), NGHTTP2_PROTOCOL_ERROR},
    {"DATA on an idle stream", frame(NGHTTP2_DATA, 0, 1, "x"), NGHTTP2_PROTOCOL_ERROR},
    {"HEADERS on stream 0", frame(NGHTTP2_HEADERS, kWhole, 0, block(get_fields())),
     NGHTTP2_PROTOCOL_ERROR},
    {"HEADERS on an even stream", frame(NGHTTP2_HEADERS, kWhole, 2, block(get_fields())),
     NGHTTP2_PROTOCOL_ERROR},
    {"SETTINGS on a stream", frame(NGHTTP2_SETTINGS, 0, 1), NGHTTP2_PROTOCOL_ERROR},
    {"SETTINGS of a bad size", frame(NGHTTP2_SETTINGS, 0, 0, "12345"), NGHTTP2_FRAME_SIZE_ERROR},
    {"SETTINGS of a bad window",
     frame(NGHTTP2_SETTINGS, 0, 0,
           number(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 2) + number(0x80000000)),
     NGHTTP2_FLOW_CONTROL_ERROR},
    {"PING of a bad size", frame(NGHTTP2_PING, 0, 0, "1234"), NGHTTP2_FRAME_SIZE_ERROR},
    {"PING on a stream", frame(NGHTTP2_PING, 0, 1, "12345678"), NGHTTP2_PROTOCOL_ERROR},
    {"WINDOW_UPDATE of nothing", frame(NGHTTP2_WINDOW_UPDATE, 0, 0, number(0)),
     NGHTTP2_PROTOCOL_ERROR},
    {"WINDOW_UPDATE beyond its range", frame(NGHTTP2_WINDOW_UPDATE, 0, 0, number(0x7fffffff)),
     NGHTTP2_FLOW_CONTROL_ERROR},
    {"RST_STREAM of an idle stream", frame(NGHTTP2_RST_STREAM, 0, 1, number(0)),
     NGHTTP2_PROTOCOL_ERROR},
    {"CONTINUATION after nothing", frame(NGHTTP2_CONTINUATION, 0, 1, "x"), NGHTTP2_PROTOCOL_ERROR},
    {"HEADERS that something interrupts",
     frame(NGHTTP2_HEADERS, 0, 1, block(get_fields())) + frame(NGHTTP2_PING, 0, 0, "12345678"),
     NGHTTP2_PROTOCOL_ERROR},
    {"PUSH_PROMISE from a client", frame(NGHTTP2_PUSH_PROMISE, 4, 1, number(2) + "x"),
     NGHTTP2_PROTOCOL_ERROR},
    {"a header block that is none", frame(NGHTTP2_HEADERS, kWhole, 1, "\xff\xff\xff\xff\xff\xff"),
     NGHTTP2_COMPRESSION_ERROR},
    {"a frame beyond the size", number(1024 * 1024, 3) + std::string(6, '\0'),
     NGHTTP2_FRAME_SIZE_ERROR},
};

TEST(Http2Malformed, FramesEndTheConnectionWithTheirError) {
  TestServer server(echo());
  for (const Breach& breach : kBreaches) {
    RawHttp2 client(server->secure_port());
    client.send(breach.bytes);
    EXPECT_EQ(client.end_code(), breach.code) << breach.name;
  }
  EXPECT_TRUE(eventually([&] { return server->counts().open_connections == 0; }));
}

TEST(Http2Malformed, SomethingElseThanThePrefaceEndsTheConnection) {
  TestServer server(echo());
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls(http2_wish()));
  client.send(get("/"));
  client.receive_all();
  EXPECT_TRUE(eventually([&] { return server->counts().open_connections == 0; }));
  EXPECT_EQ(server->counts().requests, 0U);
}

TEST(Http2Malformed, FramesOfUnknownKindsAreIgnored) {
  TestServer server(echo());
  RawHttp2 client(server->secure_port());
  client.send(frame(0xfa, 0xff, 7, "what is this") + get_frame(1));
  EXPECT_EQ(client.receive(NGHTTP2_DATA)->payload, "GET / ");
}

TEST(Http2Malformed, AFrameOfTheAnnouncedSizePassesAndOneByteMoreEndsTheConnection) {
  TestServer server(echo());
  constexpr std::size_t kMost = 256 * 1024;
  for (const std::size_t size : {kMost, kMost + 1}) {
    RawHttp2 client(server->secure_port());
    // What is announced counts once the client has said that it has heard it.
    ASSERT_TRUE(client.receive(NGHTTP2_SETTINGS));
    client.send(frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "") +
                frame(0xfa, 0, 0, std::string(size, 'x')) + get_frame(1));
    if (size > kMost) {
      EXPECT_EQ(client.end_code(), static_cast<std::uint32_t>(NGHTTP2_FRAME_SIZE_ERROR));
    } else {
      const auto answer = client.receive(NGHTTP2_DATA);
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->payload, "GET / ");
    }
  }
}

// ---- floods ------------------------------------------------------------------------------------

std::uint64_t counted(std::string_view kind) {
  return metrics::counter("limen_http2_floods_total",
                          "HTTP/2 connections ended because the client sent too many frames of a "
                          "kind.",
                          {"kind"})
      .with({kind})
      .value();
}

// Sends more and more until the server has had enough, which must be soon.
void expect_calm_down(std::string_view kind, const std::function<std::string(std::uint32_t)>& next,
                      std::uint32_t most, Handler handler = echo()) {
  TestServer server(std::move(handler));
  const std::uint64_t before = counted(kind);
  RawHttp2 client(server->secure_port());
  std::string burst;
  std::uint32_t sent = 0;
  bool open = true;
  for (; sent < most && open; ++sent) {
    burst += next(sent);
    if (sent % 100 == 99) {
      open = client.send(burst);
      burst.clear();
      // A GOAWAY that has come need not be waited for.
      open = open && counted(kind) == before;
    }
  }
  if (open) client.send(burst);
  EXPECT_EQ(client.end_code(), static_cast<std::uint32_t>(NGHTTP2_ENHANCE_YOUR_CALM)) << kind;
  EXPECT_EQ(counted(kind), before + 1) << kind;
  EXPECT_TRUE(eventually([&] { return server->counts().open_connections == 0; })) << kind;
  EXPECT_EQ(server->counts().in_flight_requests, 0U) << kind;
}

TEST(Http2Floods, OfRapidResets) {
  expect_calm_down(
      "rapid reset",
      [](std::uint32_t index) {
        return get_frame(2 * index + 1) +
               frame(NGHTTP2_RST_STREAM, 0, 2 * index + 1, number(NGHTTP2_CANCEL));
      },
      5'000);
}

TEST(Http2Floods, OfResetsThatTheServerIsMadeToSend) {
  // A window beyond its range is its stream's error (CVE-2025-8671).
  expect_calm_down(
      "rapid reset",
      [](std::uint32_t index) {
        return get_frame(2 * index + 1) +
               frame(NGHTTP2_WINDOW_UPDATE, 0, 2 * index + 1, number(0x7fffffff));
      },
      5'000, [](std::shared_ptr<Exchange>) {});
}

TEST(Http2Floods, OfSettings) {
  expect_calm_down(
      "settings", [](std::uint32_t) { return frame(NGHTTP2_SETTINGS, 0, 0); }, 1'000);
}

TEST(Http2Floods, OfPings) {
  expect_calm_down(
      "ping", [](std::uint32_t) { return frame(NGHTTP2_PING, 0, 0, "12345678"); }, 5'000);
}

TEST(Http2Floods, OfEmptyData) {
  expect_calm_down(
      "empty frames",
      [](std::uint32_t index) {
        return (index == 0 ? frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1,
                                   block(changed(":method", "PUT")))
                           : "") +
               frame(NGHTTP2_DATA, 0, 1);
      },
      1'000);
}

TEST(Http2Floods, OfDataThatIsPaddingAlone) {
  expect_calm_down(
      "empty frames",
      [](std::uint32_t index) {
        return (index == 0 ? frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1,
                                   block(changed(":method", "PUT")))
                           : "") +
               frame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, std::string("\x04\0\0\0\0", 5));
      },
      1'000);
}

TEST(Http2Floods, OfWindowUpdates) {
  expect_calm_down(
      "window updates", [](std::uint32_t) { return frame(NGHTTP2_WINDOW_UPDATE, 0, 0, number(1)); },
      20'000);
}

TEST(Http2Floods, OfContinuations) {
  expect_calm_down(
      "continuation",
      [](std::uint32_t index) {
        return index == 0 ? frame(NGHTTP2_HEADERS, 0, 1, block(get_fields()))
                          : frame(NGHTTP2_CONTINUATION, 0, 1, block({{"x", "y"}}));
      },
      1'000);
}

TEST(Http2Floods, OfEmptyContinuations) {
  expect_calm_down(
      "continuation",
      [](std::uint32_t index) {
        return index == 0 ? frame(NGHTTP2_HEADERS, 0, 1, block(get_fields()))
                          : frame(NGHTTP2_CONTINUATION, 0, 1);
      },
      1'000);
}

TEST(Http2Floods, OfHeaderFieldsFarBeyondTheLimit) {
  // A field of 4,000 bytes, once in full and then a byte each time (an HPACK bomb).
  std::string field = std::string(1, '\x40') + '\x01' + "x" + '\x7f' + "\xa1\x1e";
  field += std::string(4'000, 'y');
  std::string bomb = block(get_fields()) + field;
  bomb += std::string(10'000, '\xbe');
  expect_calm_down(
      "header fields",
      [&bomb](std::uint32_t) { return frame(NGHTTP2_HEADERS, kWhole, 1, bomb.substr(0, 16'000)); },
      1);
}

TEST(Http2Floods, OfPriorities) {
  expect_calm_down(
      "other frames",
      [](std::uint32_t index) {
        return frame(NGHTTP2_PRIORITY, 0, 2 * index + 1, number(0) + "\x10");
      },
      5'000);
}

TEST(Http2Floods, AClientThatAsksMuchIsNone) {
  TestServer server(echo());
  Http2Client client(server->secure_port());
  for (int request = 0; request < 3'000; ++request) {
    const std::int32_t id = client.ask("PUT", "/", {}, "body");
    if (request % 50 == 0) {
      ASSERT_EQ(client.wait(id).body, "PUT / body") << request;
    }
  }
  EXPECT_EQ(client.get("/last").body, "GET /last ");
  EXPECT_FALSE(client.goaway().has_value());
}

}  // namespace
}  // namespace limen::transport::test
