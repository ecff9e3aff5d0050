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

TEST(ColumnPath, GoesByMembersIndexesAndConditions) {
  EXPECT_EQ(found(".spec.replicas", R"({"spec":{"replicas":3}})"), "3");
  EXPECT_EQ(found("{.spec.replicas}", R"({"spec":{"replicas":3}})"), "3");
  EXPECT_EQ(found(".metadata.labels['a.b/c']", R"({"metadata":{"labels":{"a.b/c":"x"}}})"),
            R"("x")");
  EXPECT_EQ(found(".metadata.labels.a\\.b", R"({"metadata":{"labels":{"a.b":"x"}}})"), R"("x")");
  EXPECT_EQ(found(".list[1]", R"({"list":[1,2]})"), "2");
  EXPECT_EQ(found(".list[-1]", R"({"list":[1,2]})"), "2");
  EXPECT_EQ(found(".list[*].name", R"({"list":[{"name":"a"},{"name":"b"}]})"), R"("a")");
  EXPECT_EQ(
      found(
          R"(.status.conditions[?(@.type=="Ready")].status)",
          R"({"status":{"conditions":[{"type":"X","status":"A"},{"type":"Ready","status":"B"}]}})"),
      R"("B")");
}

TEST(ColumnPath, FindsNothingWhereNothingIs) {
  EXPECT_EQ(found(".spec.replicas", R"({"spec":3})"), "nothing");
  EXPECT_EQ(found(".list[2]", R"({"list":[1,2]})"), "nothing");
  EXPECT_EQ(found(".list[-3]", R"({"list":[1,2]})"), "nothing");
}

TEST(ColumnPath, RefusesWhatIsNoPath) {
  for (const char* path :
       {"", "{", "{}", "$", ".", "..", "..a", "spec", ".a[", ".a[]", ".a[b]", ".a[?(b)]",
        ".a[?(@.b)]", ".a[?(b==1)]", ".a['b", ".a]", "{.a}}", ".a{.b}"}) {
    EXPECT_FALSE(ColumnPath::parse(path)) << path;
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
