#include "base/strings.h"

#include <gtest/gtest.h>

#include <set>

#include "base/json_text.h"

namespace limen::base {
namespace {

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("a,,b", ',').size(), 3U);
  EXPECT_EQ(split("", ',').size(), 1U);
}

TEST(PercentDecode, RefusesBrokenEscapes) {
  EXPECT_EQ(percent_decode("a%20b+c", false), "a b+c");
  EXPECT_EQ(percent_decode("a%20b+c", true), "a b c");
  EXPECT_FALSE(percent_decode("%", false));
  EXPECT_FALSE(percent_decode("%2", false));
  EXPECT_FALSE(percent_decode("%zz", false));
}

TEST(ParseInt, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_int("-12"), -12);
  EXPECT_EQ(parse_int("9223372036854775807"), 9223372036854775807LL);
  EXPECT_FALSE(parse_int("9223372036854775808"));
  EXPECT_FALSE(parse_int("12x"));
  EXPECT_FALSE(parse_int(""));
}

TEST(Base64, RoundTripsEveryLength) {
  std::string bytes;
  for (int length = 0; length < 64; ++length) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    bytes += static_cast<char>(length * 7 + 250);
  }
  EXPECT_EQ(base64_encode("hello"), "aGVsbG8=");
}

TEST(Base64, OfUrlsHasItsOwnAlphabetAndNoPadding) {
  EXPECT_EQ(base64url_encode("\xFB\xFF\xFE?"), "-__-Pw");
  EXPECT_EQ(base64url_decode("-__-Pw"), "\xFB\xFF\xFE?");
  EXPECT_EQ(base64url_encode(""), "");
  EXPECT_EQ(base64url_decode(""), "");
  for (const char* other : {"+__-Pw", "-/_-Pw", "-__-Pw==", "a"}) {
    EXPECT_FALSE(base64url_decode(other)) << other;
  }
}

TEST(Base64, RefusesWhatIsNot) {
  EXPECT_FALSE(base64_decode("abc"));
  EXPECT_FALSE(base64_decode("ab!="));
  EXPECT_FALSE(base64_decode("a=bc"));
}

TEST(GoQuote, EscapesAsPercentQ) {
  EXPECT_EQ(go_quote("a\"b\\c\n"), R"("a\"b\\c\n")");
  EXPECT_EQ(go_quote("\a\b\t\n\v\f\r"), R"("\a\b\t\n\v\f\r")");
  EXPECT_EQ(go_quote(std::string_view("\x01\xff", 2)), R"("\x01\xff")");
  EXPECT_EQ(go_quote("\xC3\xA9"), "\"\xC3\xA9\"");
}

TEST(ConstantTimeEquals, ComparesBytes) {
  EXPECT_TRUE(constant_time_equals("abc", "abc"));
  EXPECT_FALSE(constant_time_equals("abc", "abd"));
  EXPECT_FALSE(constant_time_equals("abc", "abcd"));
  EXPECT_TRUE(constant_time_equals("", ""));
}

TEST(RandomUuid, IsVersionFourAndUnique) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = random_uuid();
    ASSERT_EQ(uuid.size(), 36U);
    ASSERT_EQ(uuid[14], '4');
    ASSERT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
    ASSERT_TRUE(seen.insert(uuid).second);
  }
}

TEST(RandomNameSuffix, UsesTheSafeAlphabetOnly) {
  const std::string suffix = random_name_suffix(500);
  EXPECT_EQ(suffix.size(), 500U);
  EXPECT_EQ(suffix.find_first_not_of("bcdfghjklmnpqrstvwxz2456789"), std::string::npos);
}

TEST(Utf8, KnowsGoodFromBad) {
  EXPECT_TRUE(is_valid_utf8("gr\xC3\xBC\xC3\x9F \xF0\x9F\x99\x82"));
  EXPECT_FALSE(is_valid_utf8("\xC0\xAF")) << "overlong";
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80")) << "surrogate";
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80")) << "past the last code point";
  EXPECT_FALSE(is_valid_utf8("\xE2\x82")) << "cut short";
}

TEST(JsonString, EscapesControlCharactersAndRepairsBadUtf8) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\\n\x01\xff z", 8));
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0001\xEF\xBF\xBD z\"");
}

}  // namespace
}  // namespace limen::base
