// The JSONPath of printer columns at its edges: long, deep and wide in bounded time.
#include "catalog/custom/column_path.h"

#include <gtest/gtest.h>

#include "object/canonical.h"

namespace limen::catalog {
namespace {

using object::Json;

std::string found(std::string_view path, std::string_view json) {
  const auto parsed = ColumnPath::parse(path);
  if (!parsed) return "no path";
  const Json value = boost::json::parse(boost::json::string_view(json.data(), json.size()));
  const Json* at = parsed->find(value);
  return at ? object::to_json(*at) : "nothing";
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(ColumnPath, LeadsByMembersIndexesAndConditions) {
  const std::string_view json =
      R"({"a":{"b.c":1,"d":[{"t":"x","v":2},{"t":"y","v":3}]},"e":{"f":4}})";
  EXPECT_EQ(found(".a.b\\.c", json), "1");
  EXPECT_EQ(found("{.a['b.c']}", json), "1");
  EXPECT_EQ(found(".a.d[1].v", json), "3");
  EXPECT_EQ(found(".a.d[-1].v", json), "3");
  EXPECT_EQ(found(".a.d[-3].v", json), "nothing");
  EXPECT_EQ(found(R"(.a.d[?(@.t=="y")].v)", json), "3");
  EXPECT_EQ(found(R"(.a.d[?(@.t!="x")].v)", json), "3");
  EXPECT_EQ(found(".e.*", json), "4");
  EXPECT_EQ(found("$.e[*]", json), "4");
}

TEST(ColumnPath, WhatIsNoPathIsNone) {
  for (const char* text : {"", "{", "{}", "$", ".", "..", "a", ".a[", ".a[]", ".a[x]", ".a[?(x)]",
                           ".a[?(@.b)]", ".a[?(b==1)]", ".a['b", ".a]", "{.a}}", ".a{.b}"}) {
    EXPECT_EQ(found(text, "{}"), "no path") << text;
  }
}

TEST(ColumnPath, IndexesBeyondEveryRangeLeadNowhere) {
  EXPECT_EQ(found(".a[9223372036854775807]", R"({"a":[1]})"), "nothing");
  EXPECT_EQ(found(".a[-9223372036854775808]", R"({"a":[1]})"), "nothing");
  EXPECT_EQ(found(".a[9223372036854775808]", R"({"a":[1]})"), "no path");
}

TEST(ColumnPath, ALongPathIsReadInLinearTime) {
  EXPECT_EQ(found(repeated(".a", 200'000), R"({"a":{"a":1}})"), "nothing");
  EXPECT_EQ(found(repeated("[*]", 200'000), "[[1]]"), "nothing");
  EXPECT_EQ(found(repeated("[?(@.a==1)]", 50'000), R"([{"a":1}])"), "nothing");
  EXPECT_EQ(found("." + std::string(1'000'000, 'a'), "{}"), "nothing");
}

// Every value is looked at once, however many steps could lead to it.
TEST(ColumnPath, AWideValueIsSearchedInLinearTime) {
  const std::string wide = "[" + repeated("[1,2,3],", 50'000) + "[1]]";
  EXPECT_EQ(found("[*][*].missing", wide), "nothing");
  EXPECT_EQ(found(R"([?(@.a=="b")])", wide), "nothing");
}

}  // namespace
}  // namespace limen::catalog
