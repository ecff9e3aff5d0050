#include "validation/apply/field_set.h"

#include "unit/validation/apply/support.h"

namespace limen::validation::apply {

namespace {

FieldSet set_of(std::string_view json) {
  std::optional<FieldSet> set = parse_fields(yaml(json));
  EXPECT_TRUE(set) << json;
  return set.value_or(FieldSet{});
}
std::string text(const FieldSet& set) { return object::to_json(fields_json(set)); }
bool is_refused(std::string_view json) { return !parse_fields(yaml(json)); }

}  // namespace

TEST(FieldSet, IsWrittenAsItIsRead) {
  for (const char* json :
       {R"({})", R"({"f:data":{}})", R"({"f:data":{".":{},"f:x":{}}})",
        R"({"f:a":{},"k:{\"name\":\"x\",\"port\":80}":{".":{},"f:b":{}},"v:\"s\"":{},"i:3":{}})"}) {
    EXPECT_EQ(text(set_of(json)), json);
  }
}

TEST(FieldSet, SortsMembersThenKeysThenValuesThenPositions) {
  EXPECT_EQ(text(set_of(R"({"i:0":{},"v:\"a\"":{},"k:{\"n\":1}":{},"f:z":{},"f:a":{}})")),
            R"({"f:a":{},"f:z":{},"k:{\"n\":1}":{},"v:\"a\"":{},"i:0":{}})");
}

TEST(FieldSet, SortsNumbersBySizeAndDigitsInTextsByByte) {
  EXPECT_EQ(text(set_of(R"({"k:{\"p\":443}":{},"k:{\"p\":80}":{},"v:\"443\"":{},"v:\"80\"":{}})")),
            R"({"k:{\"p\":80}":{},"k:{\"p\":443}":{},"v:\"443\"":{},"v:\"80\"":{}})");
}

TEST(FieldSet, KeysAreBroughtToOneForm) {
  EXPECT_EQ(text(set_of(R"({"k:{ \"b\":2, \"a\":\"1\" }":{}})")),
            R"({"k:{\"a\":\"1\",\"b\":2}":{}})");
}

TEST(FieldSet, FormsOfLaterVersionsAreDropped) {
  EXPECT_EQ(text(set_of(R"({"q:new":{"f:x":{}},"f:a":{}})")), R"({"f:a":{}})");
}

TEST(FieldSet, WhatIsNoSetIsRefused) {
  EXPECT_TRUE(is_refused("[]"));
  EXPECT_TRUE(is_refused("text"));
  EXPECT_TRUE(is_refused(R"({"f:a":1})"));
  EXPECT_TRUE(is_refused(R"({"nothing":{}})"));
  EXPECT_TRUE(is_refused(R"({"k:[]":{}})"));
  EXPECT_TRUE(is_refused(R"({"v:{":{}})"));
  EXPECT_TRUE(is_refused(R"({"i:x":{}})"));
}

TEST(FieldSet, LimitsHoldAtTheirEdges) {
  const auto nested = [](int depth) {
    std::string json = "{}";
    for (int i = 0; i < depth; ++i) json = "{\"f:a\":" + json + "}";
    return yaml(json);
  };
  EXPECT_TRUE(parse_fields(nested(3), {.max_depth = 3, .max_nodes = 9}));
  EXPECT_FALSE(parse_fields(nested(4), {.max_depth = 3, .max_nodes = 9}));
  EXPECT_TRUE(parse_fields(nested(3), {.max_depth = 9, .max_nodes = 3}));
  EXPECT_FALSE(parse_fields(nested(4), {.max_depth = 9, .max_nodes = 3}));
}

TEST(FieldSet, UnionIntersectionAndDifferenceGoByField) {
  const FieldSet a = set_of(R"({"f:x":{".":{},"f:p":{},"f:q":{}},"f:y":{}})");
  const FieldSet b = set_of(R"({"f:x":{"f:q":{},"f:r":{}},"f:z":{}})");
  EXPECT_EQ(text(united(a, b)), R"({"f:x":{".":{},"f:p":{},"f:q":{},"f:r":{}},"f:y":{},"f:z":{}})");
  EXPECT_EQ(text(common(a, b)), R"({"f:x":{"f:q":{}}})");
  EXPECT_EQ(text(difference(a, b)), R"({"f:x":{".":{},"f:p":{}},"f:y":{}})");
}

TEST(FieldSet, AFieldTakesNothingBelowItAlong) {
  const FieldSet a = set_of(R"({"f:x":{".":{},"f:p":{}}})");
  EXPECT_EQ(text(difference(a, set_of(R"({"f:x":{}})"))), R"({"f:x":{"f:p":{}}})");
}

TEST(FieldSet, DropTakesAllBelowAndWhatBecomesEmpty) {
  FieldSet set = set_of(R"({"f:m":{"f:a":{"f:b":{}}},"f:n":{}})");
  set.drop({"m", "a"});
  EXPECT_EQ(text(set), R"({"f:n":{}})");
}

TEST(FieldSet, KeepPathLeavesOneField) {
  FieldSet set = set_of(R"({"f:spec":{".":{},"f:a":{"f:b":{}},"f:c":{}},"f:status":{}})");
  set.keep_path({"spec", "a"});
  EXPECT_EQ(text(set), R"({"f:spec":{"f:a":{"f:b":{}}}})");
  set.keep_path({"spec", "c"});
  EXPECT_TRUE(set.empty());
}

TEST(FieldSet, PathsAreShownAsConflictsShowThem) {
  const FieldSet set = set_of(
      R"({"f:a":{"k:{\"n\":\"x\",\"p\":80}":{"f:b":{}}},"f:l":{"v:\"s\"":{},"v:1":{}},"f:m":{"i:0":{}}})");
  EXPECT_EQ(base::join(set.paths(), " "), R"(.a[n="x",p=80].b .l[="s"] .l[=1] .m[0])");
}

}  // namespace limen::validation::apply
