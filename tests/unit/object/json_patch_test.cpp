#include "object/json_patch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "object/canonical.h"
#include "object/decode.h"

namespace limen::object {
namespace {

using Kind = PatchError::Kind;

Json json(std::string_view text) { return boost::json::parse(text); }

std::string patched(std::string_view document, std::string_view patch) {
  return to_json(apply_json_patch(json(document), json(patch)));
}

std::string patch_error(std::string_view document, std::string_view patch, Kind kind) {
  try {
    return "applied: " + patched(document, patch);
  } catch (const PatchError& error) {
    EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << error.what();
    return error.what();
  }
}

// The public suites of json-patch-tests, in the RFC's own dialect.
class Vectors : public testing::TestWithParam<const char*> {};

TEST_P(Vectors, AllHold) {
  const std::filesystem::path path = std::filesystem::path(LIMEN_VECTORS_DIR) / GetParam();
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "no vectors at " << path;
  std::stringstream text;
  text << file.rdbuf();
  JsonPatchOptions options;
  options.dialect = JsonPatchOptions::Dialect::rfc6902;
  int run = 0;
  const Json vectors = json(text.str());
  for (const Json& vector : vectors.as_array()) {
    const boost::json::object& test = vector.as_object();
    if (test.contains("disabled")) continue;
    ++run;
    SCOPED_TRACE(to_json(vector));
    if (test.contains("error")) {
      EXPECT_THROW(apply_json_patch(test.at("doc"), test.at("patch"), options), PatchError);
    } else {
      const Json result = apply_json_patch(test.at("doc"), test.at("patch"), options);
      if (test.contains("expected")) {
        EXPECT_EQ(result, test.at("expected"));
      }
    }
  }
  EXPECT_GT(run, 15);
}

INSTANTIATE_TEST_SUITE_P(JsonPatch, Vectors,
                         testing::Values("json-patch-tests.json", "json-patch-spec-tests.json"));

TEST(JsonPatch, LeavesItsArgumentUnchanged) {
  const Json document = json(R"({"a":[1,2]})");
  apply_json_patch(document, json(R"([{"op":"remove","path":"/a/0"}])"));
  EXPECT_EQ(to_json(document), R"({"a":[1,2]})");
}

TEST(JsonPatch, CountsNegativeIndexesFromTheEnd) {
  EXPECT_EQ(patched("[1,2,3]", R"([{"op":"remove","path":"/-1"}])"), "[1,2]");
  EXPECT_EQ(patched("[1,2]", R"([{"op":"add","path":"/-1","value":9}])"), "[1,2,9]");
  EXPECT_EQ(patched("[1,2]", R"([{"op":"replace","path":"/-2","value":9}])"), "[9,2]");
}

TEST(JsonPatch, TestsAMissingMemberAsNull) {
  EXPECT_EQ(patched("{}", R"([{"op":"test","path":"/a","value":null}])"), "{}");
}

TEST(JsonPatch, DistinguishesAFailedTest) {
  EXPECT_EQ(patch_error(R"({"a":{"b":1}})", R"([{"op":"test","path":"/a/b","value":2}])",
                        Kind::test_failed),
            "testing value /a/b failed: test failed");
}

TEST(JsonPatch, WordsWhatDoesNotApply) {
  EXPECT_EQ(patch_error("{}", R"([{"op":"remove","path":"/a"}])", Kind::not_applicable),
            "error in remove for path: '/a': Unable to remove nonexistent key: a: missing value");
  EXPECT_EQ(patch_error("{}", R"([{"op":"replace","path":"/a","value":1}])", Kind::not_applicable),
            "replace operation does not apply: doc is missing key: /a: missing value");
  EXPECT_EQ(
      patch_error("{}", R"([{"op":"replace","path":"/a/b","value":1}])", Kind::not_applicable),
      "replace operation does not apply: doc is missing path: /a/b: missing value");
  EXPECT_EQ(patch_error("{}", R"([{"op":"add","path":"/a/b","value":1}])", Kind::not_applicable),
            "add operation does not apply: doc is missing path: \"/a/b\": missing value");
  EXPECT_EQ(
      patch_error(R"({"a":[]})", R"([{"op":"add","path":"/a/8","value":1}])", Kind::not_applicable),
      "error in add for path: '/a/8': Unable to access invalid index: 8: invalid index "
      "referenced");
  EXPECT_EQ(patch_error("{}", R"([{"op":"frob","path":"/a"}])", Kind::not_applicable),
            "Unexpected kind: frob");
}

TEST(JsonPatch, RefusesWhatIsNoPatch) {
  patch_error("{}", R"({"op":"add"})", Kind::malformed);
  patch_error("{}", "[1]", Kind::malformed);
}

TEST(JsonPatch, AppliesTenThousandOperationsAndRefusesOneMore) {
  boost::json::array operations;
  for (int i = 0; i < 10'000; ++i) {
    operations.push_back(json(R"({"op":"add","path":"/a","value":1})"));
  }
  EXPECT_EQ(to_json(apply_json_patch(json("{}"), Json(operations))), R"({"a":1})");
  operations.push_back(operations.front());
  try {
    apply_json_patch(json("{}"), Json(operations));
    FAIL();
  } catch (const PatchError& error) {
    EXPECT_EQ(error.kind(), Kind::too_many_operations);
    EXPECT_STREQ(error.what(),
                 "The allowed maximum operations in a JSON patch is 10000, got 10001");
  }
}

TEST(JsonPatch, CopiesUpToTheLimitAndNoFurther) {
  JsonPatchOptions options;
  options.max_copied_bytes = 10;
  const Json copy = json(R"([{"op":"copy","from":"/a","path":"/b"}])");
  EXPECT_NO_THROW(apply_json_patch(json(R"({"a":"12345678"})"), copy, options));
  try {
    apply_json_patch(json(R"({"a":"123456789"})"), copy, options);
    FAIL();
  } catch (const PatchError& error) {
    EXPECT_STREQ(error.what(),
                 "Unable to complete the copy, the accumulated size increase of copy is 11, "
                 "exceeding the limit 10");
  }
}

TEST(JsonPatch, RefusesCopiesThatDoubleEndlessly) {
  boost::json::array operations;
  for (int i = 0; i < 1000; ++i) {
    operations.push_back(json(R"({"op":"copy","from":"/a","path":"/a/-"})"));
  }
  EXPECT_THROW(apply_json_patch(json(R"({"a":["xxxxxxxx"]})"), Json(operations)), PatchError);
}

TEST(JsonPatch, RefusesToNestDeeperThanTheLimit) {
  std::string path = "/a";
  Json document = json(R"({"a":{}})");
  std::string message;
  boost::json::array operations;
  for (std::size_t i = 0; i < kMaxDepth + 10; ++i) {
    path += "/a";
    operations.push_back({{"op", "add"}, {"path", path}, {"value", boost::json::object()}});
  }
  EXPECT_THROW(apply_json_patch(document, Json(operations)), PatchError);
  operations.resize(kMaxDepth - 2);
  EXPECT_NO_THROW(apply_json_patch(document, Json(operations)));
}

TEST(JsonPatch, BoundsTheWorkOfInsertingAtTheFront) {
  JsonPatchOptions options;
  options.max_moved_elements = 10;
  const Json patch = json(R"([{"op":"add","path":"/0","value":1}])");
  EXPECT_NO_THROW(apply_json_patch(json("[0,0,0,0,0,0,0,0,0,0]"), patch, options));
  EXPECT_THROW(apply_json_patch(json("[0,0,0,0,0,0,0,0,0,0,0]"), patch, options), PatchError);
}

TEST(JsonPatch, RefusesToMoveAValueIntoItself) {
  patch_error(R"({"a":{"b":{}}})", R"([{"op":"move","from":"/a","path":"/a/b/c"}])",
              Kind::not_applicable);
}

}  // namespace
}  // namespace limen::object
