#include <gtest/gtest.h>

#include "object/canonical.h"
#include "object/decode.h"

namespace limen::object {
namespace {

std::string read(std::string_view text) { return to_json(decode(text, Format::yaml).value); }

std::string yaml_error(std::string_view text, const DecodeLimits& limits = {}) {
  try {
    decode(text, Format::yaml, limits);
  } catch (const DecodeError& error) {
    return error.what();
  }
  return "";
}

TEST(DecodeYaml, ReadsAManifest) {
  EXPECT_EQ(read("apiVersion: v1\n"
                 "kind: Pod\n"
                 "metadata:\n"
                 "  name: web\n"
                 "  labels: {app: web, tier: \"1\"}\n"
                 "spec:\n"
                 "  containers:\n"
                 "  - name: c\n"
                 "    args: [a, -b]\n"
                 "    command:\n"
                 "    - |\n"
                 "      line one\n"
                 "      line two\n"),
            R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","labels":{"app":"web",)"
            R"("tier":"1"}},"spec":{"containers":[{"name":"c","args":["a","-b"],)"
            R"("command":["line one\nline two\n"]}]}})");
}

TEST(DecodeYaml, WhatBeginsWithNoNodeIsRefused) {
  for (const char* text : {",", ", a: b", "a: b\n---\n,\n", ",\n---\n"}) {
    EXPECT_NE(yaml_error(text).find("did not find expected node content"), std::string::npos)
        << text << ": " << yaml_error(text);
  }
}

TEST(DecodeYaml, ReadsJsonToo) {
  EXPECT_EQ(read(R"({"a": [1, true, null, "x"]})"), R"({"a":[1,true,null,"x"]})");
}

TEST(DecodeYaml, ResolvesPlainScalarsByYaml11Rules) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"yes", "true"},
      {"On", "true"},
      {"y", "true"},
      {"TRUE", "true"},
      {"no", "false"},
      {"off", "false"},
      {"N", "false"},
      {"~", "null"},
      {"Null", "null"},
      {"tRUE", "\"tRUE\""},
      {"12", "12"},
      {"-7", "-7"},
      {"+7", "7"},
      {"1_000", "1000"},
      {"0x1F", "31"},
      {"0777", "511"},
      {"0o17", "15"},
      {"0b101", "5"},
      {"08", "8"},
      {"1.5", "1.5"},
      {".5", "0.5"},
      {"1e3", "1000"},
      {"-1.5e-3", "-0.0015"},
      {"1.2.3", "\"1.2.3\""},
      {"1m", "\"1m\""},
      {"100Mi", "\"100Mi\""},
      {"2001-01-01", "\"2001-01-01\""},
      {"12:30", "\"12:30\""},
      {"'yes'", "\"yes\""},
      {"\"1\"", "\"1\""},
      {"!!str 5", "\"5\""},
      {"!!float 5", "5"},
      {"!!binary aGk=", "\"hi\""},
      {"18446744073709551615", "18446744073709551615"},
  };
  for (const auto& [text, json] : cases) EXPECT_EQ(read(text), json) << text;
}

TEST(DecodeYaml, RefusesNumbersThatJsonCannotHold) {
  EXPECT_NE(yaml_error("a: .inf"), "");
  EXPECT_NE(yaml_error("a: .nan"), "");
  EXPECT_NE(yaml_error("a: !!int x"), "");
}

TEST(DecodeYaml, WritesScalarKeysAsText) {
  EXPECT_EQ(read("1: a\ntrue: b\n1.5: c\n"), R"({"1":"a","true":"b","1.5":"c"})");
  EXPECT_EQ(yaml_error("? [a]\n: b\n"), "yaml: line 1: unsupported map key");
}

TEST(DecodeYaml, ExpandsAliasesAndMergeKeys) {
  EXPECT_EQ(read("base: &b {x: 1, w: 2}\nuse: *b\n"),
            R"({"base":{"x":1,"w":2},"use":{"x":1,"w":2}})");
  EXPECT_EQ(read("a: &a {x: 1}\nb: &b {x: 2, w: 2}\nc:\n  <<: [*a, *b]\n  z: 3\n"),
            R"({"a":{"x":1},"b":{"x":2,"w":2},"c":{"x":1,"w":2,"z":3}})");
  EXPECT_EQ(yaml_error("a:\n  <<: 5\n"),
            "yaml: line 2: map merge requires map or sequence of maps as the value");
}

TEST(DecodeYaml, RefusesAnAnchorThatContainsItself) {
  EXPECT_EQ(yaml_error("a: &a [*a]\n"), "yaml: line 1: anchor value contains itself");
}

TEST(DecodeYaml, RefusesAnAliasBombQuickly) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string previous = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j > 0 ? "," : "") + previous;
    bomb += "]\n";
  }
  EXPECT_EQ(yaml_error(bomb), "yaml: document contains excessive aliasing");
}

TEST(DecodeYaml, CountsExpandedValuesAgainstTheirLimit) {
  DecodeLimits limits;
  limits.max_nodes = 8;  // root, list, its key and one element; the copies of anchor and alias
  const std::string text = "a: &a [1]\nb: *a\n";
  std::size_t smallest = 1;
  for (;; ++smallest) {
    limits.max_nodes = smallest;
    if (yaml_error(text, limits).empty()) break;
    ASSERT_LT(smallest, 100u);
  }
  limits.max_nodes = smallest - 1;
  EXPECT_NE(yaml_error(text, limits), "");
}

TEST(DecodeYaml, CopiesBytesForAnchorsAndAliasesUpToTheirLimitAndNoFurther) {
  const std::string text = "a: &a \"" + std::string(98, 'x') + "\"\nb: [*a, *a]\n";
  DecodeLimits limits;
  limits.max_alias_bytes = 3 * 98;  // of the anchor and of each alias
  EXPECT_EQ(yaml_error(text, limits), "");
  --limits.max_alias_bytes;
  EXPECT_EQ(yaml_error(text, limits), "yaml: document contains excessive aliasing");
}

TEST(DecodeYaml, ReadsUpToTheDepthLimitAndNoFurther) {
  DecodeLimits limits;
  limits.max_depth = 20;
  const auto flow = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(yaml_error(flow(20), limits), "");
  EXPECT_EQ(yaml_error(flow(21), limits), "yaml: exceeded max depth of 20");
  EXPECT_NE(yaml_error(flow(200'000)), "");
}

TEST(DecodeYaml, ReportsRepeatedKeysAsGoYamlDoes) {
  const Decoded decoded =
      decode("metadata:\n  name: a\n  name: b\nkind: a\nkind: b\n", Format::yaml);
  ASSERT_EQ(decoded.duplicates.size(), 1u);
  EXPECT_EQ(decoded.duplicates[0],
            "yaml: unmarshal errors:\n  line 3: key \"name\" already set in map\n"
            "  line 5: key \"kind\" already set in map");
  EXPECT_EQ(to_json(decoded.value), R"({"metadata":{"name":"b"},"kind":"b"})");
}

TEST(DecodeYaml, NamesTheLineOfASyntaxError) {
  const std::string message = yaml_error("a: 1\nb: [1,\n");
  EXPECT_TRUE(message.starts_with("yaml: line ")) << message;
}

TEST(DecodeYaml, AcceptsOneDocumentOnly) {
  EXPECT_EQ(read("---\na: 1\n"), R"({"a":1})");
  EXPECT_EQ(read("a: 1\n---\n"), R"({"a":1})");
  EXPECT_EQ(yaml_error("---\n---\na: 1\n"), "yaml: expected a single document in the stream");
  EXPECT_EQ(yaml_error("a: 1\n---\nb: 2\n"), "yaml: expected a single document in the stream");
}

TEST(DecodeYaml, ReadsAnEmptyTextAsNull) {
  EXPECT_EQ(read(""), "null");
  EXPECT_EQ(read("# only a comment\n"), "null");
}

}  // namespace
}  // namespace limen::object
