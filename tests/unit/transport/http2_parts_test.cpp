// What HTTP/2 is made of, each for itself: heads, answers, fields, the count of frames.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "transport/http2_answer.h"
#include "transport/http2_fields.h"
#include "transport/http2_floods.h"
#include "transport/http2_head.h"
#include "unit/transport/http2_client.h"

namespace limen::transport::test {
namespace {

using std::chrono::seconds;

struct Judged {
  std::optional<HeadError> error;
  std::string shown;  // method, target and headers, as an exchange shows them
};

Judged judge(const Fields& fields, bool with_body = false) {
  const Limits limits;
  Http2Head head(limits);
  for (const auto& [name, value] : fields) EXPECT_TRUE(head.add(name, value));
  Judged judged{head.finish(with_body), {}};
  const ParsedHead& parsed = head.parsed();
  judged.shown =
      std::string(parsed.method.in(head.text())) + " " + std::string(parsed.target.in(head.text()));
  for (const HeaderRange& header : parsed.headers) {
    judged.shown += "|" + std::string(header.name.in(head.text())) + "=" +
                    std::string(header.value.in(head.text()));
  }
  return judged;
}

std::string refusal_of(const Fields& fields) {
  const Judged judged = judge(fields);
  if (!judged.error) return "none";
  return std::to_string(judged.error->code) + " " + std::string(judged.error->detail);
}

Fields with(std::string_view changed, const std::string& value, const Fields& more = {}) {
  Fields fields = get_fields("/", more);
  for (auto& [name, old] : fields) {
    if (name == changed) old = value;
  }
  return fields;
}

TEST(Http2Head, IsShownAsHttp11WouldShowIt) {
  const Judged judged = judge(get_fields("/a?b", {{"accept", "*/*"}, {"x", ""}}));
  EXPECT_FALSE(judged.error);
  EXPECT_EQ(judged.shown, "GET /a?b|host=test|accept=*/*|x=");
}

TEST(Http2Head, AHostMayStandForTheAuthorityAndMustNotDiffer) {
  const Fields without = {{":method", "GET"}, {":scheme", "https"}, {":path", "/"}};
  Fields host = without;
  host.emplace_back("host", "one");
  EXPECT_EQ(judge(host).shown, "GET /|host=one");
  EXPECT_EQ(judge(get_fields("/", {{"host", "TEST"}})).shown, "GET /|host=test");
  EXPECT_EQ(refusal_of(get_fields("/", {{"host", "other"}})),
            "400 Host header and :authority differ");
  host.emplace_back("host", "two");
  EXPECT_EQ(refusal_of(host), "400 Host header and :authority differ");
  EXPECT_EQ(refusal_of(without), "400 missing required Host header");
  EXPECT_EQ(refusal_of(with(":authority", "a@b")), "400 malformed Host header");
  EXPECT_EQ(refusal_of(with(":authority", "a/b")), "400 malformed Host header");
}

TEST(Http2Head, RefusesWhatNoRequestLineHolds) {
  for (const char* target : {"", "a", "http://a/", "//a b", "/a\tb", "/a\x7f", "*/"}) {
    EXPECT_EQ(refusal_of(with(":path", target)), "400 ") << target;
  }
  EXPECT_EQ(refusal_of(with(":path", "*")), "none");
  EXPECT_EQ(refusal_of(with(":method", "")), "400 ");
  EXPECT_EQ(refusal_of(with(":method", "GE T")), "400 ");
  EXPECT_EQ(refusal_of(with(":scheme", "ftp")), "400 ");
}

TEST(Http2Head, ConnectNamesAnAuthority) {
  EXPECT_EQ(judge({{":method", "CONNECT"}, {":authority", "a:1"}}).shown, "CONNECT a:1|host=a:1");
}

TEST(Http2Head, RefusesFieldsThatHttp11WouldRefuse) {
  EXPECT_EQ(refusal_of(get_fields("/", {{"a b", "c"}})), "400 ");
  EXPECT_EQ(refusal_of(get_fields("/", {{"a", "b\rc"}})), "400 invalid header value");
  EXPECT_EQ(refusal_of(get_fields("/", {{"content-length", "+1"}})), "400 ");
  EXPECT_EQ(refusal_of(get_fields("/", {{"content-length", "1x"}})), "400 ");
  EXPECT_EQ(refusal_of(get_fields("/", {{"content-length", "1234567890123456789"}})), "400 ");
}

TEST(Http2Head, SplitCookiesAreOneField) {
  EXPECT_EQ(judge(get_fields("/", {{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}})).shown,
            "GET /|host=test|x=y|cookie=a=1; b=2");
}

TEST(Http2Head, IsCountedAsItsSettingSays) {
  Limits limits;
  limits.header_bytes = 1000;
  Http2Head head(limits);
  EXPECT_TRUE(head.add("a", std::string(1000 + 320 - 33, 'x')));
  EXPECT_TRUE(head.add("b", ""));  // over, which is told in the end
  EXPECT_EQ(head.finish(false)->code, 431);
  EXPECT_TRUE(head.add("c", std::string(1000 + 320 - 66, 'x')));
  EXPECT_FALSE(head.add("d", ""));  // twice over: nobody's request
}

TEST(Http2Answer, LeavesInOrderHoweverItIsCut) {
  const auto shared = std::make_shared<const std::string>(std::string(50'000, 's'));
  for (const std::size_t step : {1U, 7U, 8192U, 16384U, 100'000U}) {
    Http2Answer answer;
    std::string expected;
    OutQueue out;
    std::string got;
    for (int round = 0; round < 4; ++round) {
      const std::string small = "small" + std::to_string(round);
      answer.append(std::string_view(small));
      answer.append(BodyPiece(shared, std::string_view(*shared).substr(1)));
      answer.append(BodyPiece(std::string(9'000, static_cast<char>('a' + round))));
      answer.append(std::string_view(std::string(10'000, static_cast<char>('A' + round))));
      expected += small + shared->substr(1) + std::string(9'000, static_cast<char>('a' + round)) +
                  std::string(10'000, static_cast<char>('A' + round));
      for (int piece = 0; piece < 3; ++piece) answer.move_to(out, std::min(step, answer.size()));
    }
    while (answer.size() > 0) answer.move_to(out, std::min(step, answer.size()));
    EXPECT_EQ(out.size(), expected.size());
    while (!out.empty()) {
      got += out.front();
      out.pop(out.front().size());
    }
    EXPECT_TRUE(got == expected) << step;
  }
}

TEST(Http2Fields, AreLowerCaseAndWithoutWhatOnlyAConnectionOfHttp11Has) {
  ResponseHead head(404);
  head.add("Content-Type", "Text/Plain");
  head.add("Connection", "close");
  head.add("Keep-Alive", "x");
  head.add("X-Empty", "");
  const std::uint64_t length = 7;
  const Http2Fields fields(head, "today", &length);
  std::string shown;
  for (std::size_t index = 0; index < fields.size(); ++index) {
    const nghttp2_nv& field = fields.data()[index];
    shown.append(reinterpret_cast<const char*>(field.name), field.namelen);
    shown += '=';
    shown.append(reinterpret_cast<const char*>(field.value), field.valuelen);
    shown += '|';
  }
  EXPECT_EQ(shown, ":status=404|content-type=Text/Plain|x-empty=|date=today|content-length=7|");
}

TEST(Http2Floods, ABurstPassesAndThenSoManyASecond) {
  const base::Deadline start{};
  Http2Floods floods(start);
  int passed = 0;
  while (floods.allow(Flood::ping, start)) ++passed;
  EXPECT_EQ(passed, 500);
  EXPECT_FALSE(floods.allow(Flood::ping, start + milliseconds(10)));
  passed = 0;
  while (floods.allow(Flood::ping, start + seconds(2))) ++passed;
  EXPECT_EQ(passed, 100);
  passed = 0;
  while (floods.allow(Flood::ping, start + seconds(1'000'000))) ++passed;
  EXPECT_EQ(passed, 500);
  EXPECT_TRUE(floods.allow(Flood::settings, start));
}

TEST(Http2Floods, SentDataExplainsWindowUpdates) {
  const base::Deadline start{};
  Http2Floods floods(start);
  for (int update = 0; update < 2000; ++update) {
    ASSERT_TRUE(floods.allow(Flood::window_update, start));
  }
  EXPECT_FALSE(floods.allow(Flood::window_update, start));
  floods.note_data_sent(16 * 1024);
  int passed = 0;
  while (floods.allow(Flood::window_update, start)) ++passed;
  EXPECT_EQ(passed, 18);
}

}  // namespace
}  // namespace limen::transport::test
