#include "registry/json_scan.h"

#include <gtest/gtest.h>

namespace limen::registry {
namespace {

constexpr std::string_view kPod =
    R"({"apiVersion":"v1","kind":"Pod","spec":{"a":[{"nodeName":"no"}],"q":"a\"}\\","nodeName":)"
    R"("n1","n":-1.5e3,"b":true},"metadata":{"name":"p","resourceVersion":"3"}})";

TEST(JsonScan, FindsNestedMembers) {
  EXPECT_EQ(scan(kPod, {"spec", "nodeName"}), "\"n1\"");
  EXPECT_EQ(scan(kPod, {"spec", "n"}), "-1.5e3");
  EXPECT_EQ(scan(kPod, {"spec", "b"}), "true");
  EXPECT_EQ(scan(kPod, {"metadata"}), R"({"name":"p","resourceVersion":"3"})");
}

TEST(JsonScan, GivesNothingForWhatIsMissing) {
  EXPECT_EQ(scan(kPod, {"status"}), "");
  EXPECT_EQ(scan(kPod, {"spec", "nodeName", "deeper"}), "");
  EXPECT_EQ(scan(kPod, {"spec", "a", "nodeName"}), "");
  EXPECT_EQ(scan("{}", {"x"}), "");
}

TEST(JsonScan, IsNotFooledByQuotesInStrings) {
  std::string scratch;
  EXPECT_EQ(scalar_text(scan(kPod, {"spec", "q"}), scratch), "a\"}\\");
}

TEST(JsonScan, ScalarsLoseTheirQuotesOnly) {
  std::string scratch;
  EXPECT_EQ(scalar_text("\"x\"", scratch), "x");
  EXPECT_EQ(scalar_text("12", scratch), "12");
  EXPECT_EQ(scalar_text("\"\"", scratch), "");
}

TEST(JsonScan, TheRestBeginsAfterTheType) {
  EXPECT_EQ(after_type(kPod).substr(0, 8), "\"spec\":{");
  EXPECT_EQ(after_type(R"({"apiVersion":"v1","kind":"X","metadata":{"name":"a"}})"),
            R"("metadata":{"name":"a"}})");
}

}  // namespace
}  // namespace limen::registry
