#include "object/decode.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "object/canonical.h"

namespace limen::object {
namespace {

std::string json_error(std::string_view text) {
  try {
    decode(text, Format::json);
  } catch (const DecodeError& error) {
    return error.what();
  }
  return "";
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(DecodeJson, ReadsEveryKindOfValue) {
  const Decoded decoded =
      decode(R"({"a":null,"b":true,"c":-7,"d":1.5,"e":"x\u0041\n","f":[1,{}]})", Format::json);
  EXPECT_EQ(to_json(decoded.value), R"({"a":null,"b":true,"c":-7,"d":1.5,"e":"xA\n","f":[1,{}]})");
  EXPECT_TRUE(decoded.duplicates.empty());
}

TEST(DecodeJson, WordsSyntaxErrorsAsGoDoes) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", "unexpected end of JSON input"},
      {"{", "unexpected end of JSON input"},
      {R"({"a":1)", "unexpected end of JSON input"},
      {R"("abc)", "unexpected end of JSON input"},
      {"nonsense", "invalid character 'o' in literal null (expecting 'u')"},
      {"apple", "invalid character 'a' looking for beginning of value"},
      {"{a:1}", "invalid character 'a' looking for beginning of object key string"},
      {R"({"a":1,})", "invalid character '}' looking for beginning of object key string"},
      {R"({"a" 1})", "invalid character '1' after object key"},
      {R"({"a":1 "b":2})", "invalid character '\"' after object key:value pair"},
      {"[1 2]", "invalid character '2' after array element"},
      {"[1,]", "invalid character ']' looking for beginning of value"},
      {"{}x", "invalid character 'x' after top-level value"},
      {"-", "unexpected end of JSON input"},
      {"-x", "invalid character 'x' in numeric literal"},
      {"[1.]", "invalid character ']' after decimal point in numeric literal"},
      {"[1e]", "invalid character ']' in exponent of numeric literal"},
      {"\"\\x\"", "invalid character 'x' in string escape code"},
      {"\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"},
      {"\"a\nb\"", "invalid character '\\n' in string literal"},
      {"apiVersion: v1", "invalid character 'a' looking for beginning of value"},
      {"'", "invalid character '\\'' looking for beginning of value"},
      {"\xc3\xa9", "invalid character '\xc3\x83' looking for beginning of value"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(json_error(text), message) << text;
}

TEST(DecodeJson, RefusesTextThatIsNotUtf8) {
  EXPECT_NE(json_error("{\"a\":\"\xff\"}"), "");
  EXPECT_NE(json_error("\"\xc0\xaf\""), "");
}

TEST(DecodeJson, ReadsUpToTheDepthLimitAndNoFurther) {
  EXPECT_EQ(json_error(nested(kMaxDepth)), "");
  EXPECT_EQ(json_error(nested(kMaxDepth + 1)), "exceeded max depth");
  EXPECT_EQ(json_error(std::string(1'000'000, '[')), "exceeded max depth");
}

TEST(DecodeJson, ReadsUpToTheSizeLimitAndNoFurther) {
  const std::string text = "\"" + std::string(98, 'x') + "\"";
  DecodeLimits limits;
  limits.max_bytes = 100;
  EXPECT_NO_THROW(decode(text, Format::json, limits));
  limits.max_bytes = 99;
  EXPECT_THROW(decode(text, Format::json, limits), DecodeError);
}

TEST(DecodeJson, ReportsEachRepeatedMemberOnceAndKeepsTheLast) {
  const Decoded decoded =
      decode(R"({"a":1,"spec":{"c":[{"n":1,"n":2,"n":3}]},"a":2,"m":{"x.y/z":"1","x.y/z":"2"}})",
             Format::json);
  EXPECT_EQ(decoded.duplicates,
            (std::vector<std::string>{"duplicate field \"spec.c[0].n\"", "duplicate field \"a\"",
                                      "duplicate field \"m.x.y/z\""}));
  EXPECT_EQ(decoded.value.at("a").as_int64(), 2);
  EXPECT_EQ(decoded.value.at("spec").at("c").at(0).at("n").as_int64(), 3);
}

TEST(DecodeJson, ReportsAtMostAHundredRepeatedMembers) {
  std::string text = "{\"a\":0";
  for (int i = 0; i < 150; ++i) {
    const std::string key = ",\"k" + std::to_string(i) + "\":0";
    text += key + key;
  }
  EXPECT_EQ(decode(text + "}", Format::json).duplicates.size(), 100u);
}

TEST(DecodeJson, StaysLinearOnRepeatedMembersUnderALongPath) {
  std::string text = "{\"" + std::string(500'000, 'p') + "\":{";
  for (int i = 0; i < 200'000; ++i) text += "\"a\":1,";
  text += "\"a\":1}}";
  EXPECT_EQ(decode(text, Format::json).duplicates.size(), 1u);
}

TEST(DecodeJson, KeepsLargeIntegersExact) {
  EXPECT_EQ(to_json(decode("[9223372036854775807,18446744073709551615,-9223372036854775808]",
                           Format::json)
                        .value),
            "[9223372036854775807,18446744073709551615,-9223372036854775808]");
}

TEST(DecodeJson, ReadsFractionsExactlySoThatTheyNeverDrift) {
  for (const char* text : {"22222222222224444444444", "0.1", "1.7976931348623157e+308", "5e-324",
                           "123456789.123456789", "2.2250738585072011e-308"}) {
    const std::string once = to_json(decode(text, Format::json).value);
    EXPECT_EQ(to_json(decode(once, Format::json).value), once) << text;
    EXPECT_EQ(decode(text, Format::json).value.as_double(), std::strtod(text, nullptr)) << text;
  }
}

TEST(DecodeJson, RefusesNumbersBeyondEveryRangeAndReadsTheSmallestAsZero) {
  EXPECT_NE(json_error("1e999"), "");
  EXPECT_EQ(to_json(decode("1e-999", Format::json).value), "0");
}

TEST(MutableCopy, IsIndependentOfItsSource) {
  const Decoded decoded = decode(R"({"a":{"b":1}})", Format::json);
  Json copy = mutable_copy(decoded.value);
  copy.at("a").as_object()["b"] = 2;
  EXPECT_EQ(to_json(decoded.value), R"({"a":{"b":1}})");
}

}  // namespace
}  // namespace limen::object
