#include "modules/config_schema.h"

#include <gtest/gtest.h>

namespace limen::modules {
namespace {

namespace json = boost::json;

// The findings as "pointer: message" lines.
std::string findings(std::string_view schema, std::string_view config) {
  json::value value = json::parse(json::string_view(config.data(), config.size()));
  std::string out;
  for (const ConfigFinding& finding : ConfigSchema::parse(schema).check(value)) {
    out += finding.pointer + ": " + finding.message + "\n";
  }
  return out;
}

std::string refusal(std::string_view schema) {
  try {
    ConfigSchema::parse(schema);
  } catch (const SchemaError& error) {
    return error.what();
  }
  return "accepted";
}

std::string filled(std::string_view schema, std::string_view config) {
  json::value value = json::parse(json::string_view(config.data(), config.size()));
  EXPECT_TRUE(ConfigSchema::parse(schema).check(value).empty());
  return json::serialize(value);
}

TEST(ConfigSchema, AcceptsAConfigThatFits) {
  EXPECT_EQ(findings(R"({"type":"object","required":["path"],"properties":{
                          "path":{"type":"string","minLength":1},"n":{"type":"integer"}}})",
                     R"({"path":"/etc/x","n":3})"),
            "");
}

TEST(ConfigSchema, AnUnknownKeyIsAnErrorThatListsTheKnownOnes) {
  EXPECT_EQ(findings(R"({"properties":{"path":{},"level":{}}})", R"({"pth":1})"),
            "/pth: unknown key; known are level, path\n");
  EXPECT_EQ(findings(R"({"type":"object"})", R"({"a":1})"),
            "/a: unknown key; there are none here\n");
}

TEST(ConfigSchema, AdditionalPropertiesMayBeAllowedOrDescribed) {
  EXPECT_EQ(findings(R"({"additionalProperties":true})", R"({"a":1})"), "");
  EXPECT_EQ(findings(R"({"additionalProperties":{"type":"string"}})", R"({"a":"x","b":1})"),
            "/b: must be string, not number\n");
}

TEST(ConfigSchema, AMissingRequiredKeyIsNamed) {
  EXPECT_EQ(
      findings(R"({"properties":{"a":{"properties":{"b":{}},"required":["b"]}}})", R"({"a":{}})"),
      "/a: key \"b\" is required\n");
}

TEST(ConfigSchema, TypesAreTold) {
  EXPECT_EQ(findings(R"({"type":["string","integer"]})", "null"),
            ": must be integer or string, not null\n");
  EXPECT_EQ(findings(R"({"type":"integer"})", "1.5"), ": must be integer, not number\n");
  EXPECT_EQ(findings(R"({"type":"integer"})", "2.0"), "");
  EXPECT_EQ(findings(R"({"type":"number"})", "2"), "");
  EXPECT_EQ(findings(R"({"type":"boolean"})", R"("true")"), ": must be boolean, not string\n");
}

// A module asks for whole numbers and finds none in 2.0 or in what no 64 bits hold.
TEST(ConfigSchema, AWholeNumberIsOneForTheModuleToo) {
  const ConfigSchema schema =
      ConfigSchema::parse(R"({"properties":{"n":{"type":"integer"},"x":{"type":"number"}}})");
  boost::json::value config = boost::json::parse(R"({"n":2.0,"x":2.0})");
  EXPECT_TRUE(schema.check(config).empty());
  EXPECT_TRUE(config.at("n").is_int64());
  EXPECT_TRUE(config.at("x").is_double());
  EXPECT_EQ(findings(R"({"type":"integer"})", "9223372036854775807"), "");
  EXPECT_EQ(findings(R"({"type":"integer"})", "-9223372036854775808"), "");
  for (const char* beyond : {"9223372036854775808", "9223372036854775808.0", "1e300", "-1e300"}) {
    EXPECT_EQ(findings(R"({"type":"integer"})", beyond),
              ": must be a whole number that fits 64 bits\n")
        << beyond;
  }
}

TEST(ConfigSchema, BoundsHoldAtTheirEdges) {
  constexpr std::string_view kSchema = R"({"type":"integer","minimum":1,"maximum":9})";
  EXPECT_EQ(findings(kSchema, "1"), "");
  EXPECT_EQ(findings(kSchema, "9"), "");
  EXPECT_EQ(findings(kSchema, "0"), ": must be at least 1\n");
  EXPECT_EQ(findings(kSchema, "10"), ": must be at most 9\n");
  EXPECT_EQ(findings(R"({"exclusiveMinimum":0,"exclusiveMaximum":1})", "0"),
            ": must be more than 0\n");
  EXPECT_EQ(findings(R"({"exclusiveMinimum":0,"exclusiveMaximum":1})", "1"),
            ": must be less than 1\n");
}

TEST(ConfigSchema, LengthsCountCodePointsAndItems) {
  EXPECT_EQ(findings(R"({"minLength":2,"maxLength":3})", R"("äö")"), "");
  EXPECT_EQ(findings(R"({"minLength":2})", R"("ä")"), ": must have at least 2 characters\n");
  EXPECT_EQ(findings(R"({"maxLength":1})", R"("ab")"), ": must have at most 1 characters\n");
  EXPECT_EQ(findings(R"({"minLength":1})", R"("")"), ": must not be empty\n");
  EXPECT_EQ(findings(R"({"minItems":1})", "[]"), ": must have at least 1 items\n");
  EXPECT_EQ(findings(R"({"maxItems":1})", "[1,2]"), ": must have at most 1 items\n");
  EXPECT_EQ(findings(R"({"uniqueItems":true})", "[1,2,1]"), "/2: stands in the list already\n");
}

TEST(ConfigSchema, PatternsAreRe2AndUnanchored) {
  EXPECT_EQ(findings(R"({"pattern":"b+"})", R"("abc")"), "");
  EXPECT_EQ(findings(R"({"pattern":"^b+$"})", R"("abc")"), ": must match ^b+$\n");
}

TEST(ConfigSchema, EnumsListWhatIsAllowedAndNotWhatWasGiven) {
  EXPECT_EQ(findings(R"({"enum":["fail","ignore"]})", R"("secret")"),
            ": must be one of \"fail\", \"ignore\"\n");
  EXPECT_EQ(findings(R"({"const":1})", "2"), ": must be one of 1\n");
}

TEST(ConfigSchema, PointersEscapeTheirKeys) {
  EXPECT_EQ(findings(R"({"additionalProperties":{"type":"array","items":{"type":"string"}}})",
                     R"({"a/b~c":["x",1]})"),
            "/a~1b~0c/1: must be string, not number\n");
}

TEST(ConfigSchema, DefaultsAreFilledInNestedToo) {
  EXPECT_EQ(filled(R"({"properties":{"a":{"default":{},"properties":{"b":{"default":5}}}}})", "{}"),
            R"({"a":{"b":5}})");
  EXPECT_EQ(filled(R"({"properties":{"a":{"default":1}}})", R"({"a":2})"), R"({"a":2})");
}

TEST(ConfigSchema, ASchemaWithARuleNobodyEnforcesIsRefused) {
  EXPECT_EQ(refusal(R"({"properties":{"a":{"oneOf":[]}}})"),
            "schema at \"/properties/a/oneOf\": keyword \"oneOf\" is not supported");
  EXPECT_EQ(refusal(R"({"type":"text"})"), "schema at \"/type\": \"text\" is not a type");
  EXPECT_EQ(refusal(R"({"pattern":"("})"),
            "schema at \"/pattern\": not an RE2 pattern: missing ): (");
  EXPECT_EQ(refusal(R"({"minimum":"1"})"), "schema at \"/minimum\": must be a number");
  EXPECT_EQ(refusal(R"([])"), "schema at \"\": must be an object");
  EXPECT_EQ(refusal("{").substr(0, 19), "schema is not JSON:");
}

TEST(ConfigSchema, ADefaultThatBreaksItsOwnRuleIsRefused) {
  EXPECT_EQ(refusal(R"({"type":"integer","minimum":5,"default":1})"),
            "schema at \"/default\": must be at least 5");
}

TEST(ConfigSchema, NestingIsLimited) {
  std::string schema = "{}";
  for (int i = 0; i < ConfigSchema::kMaxDepth; ++i) schema = "{\"items\":" + schema + "}";
  EXPECT_EQ(refusal(schema), "accepted");
  schema = "{\"items\":" + schema + "}";
  EXPECT_NE(refusal(schema).find("is nested too deep"), std::string::npos);
}

}  // namespace
}  // namespace limen::modules
