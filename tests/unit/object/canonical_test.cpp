#include "object/canonical.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace limen::object {
namespace {

Json json(std::string_view text) { return boost::json::parse(text); }

TEST(Canonical, PutsTypeFirstAndMetadataLastWithoutItsRevision) {
  EXPECT_EQ(canonical(json(R"({"metadata":{"name":"x","resourceVersion":"7","uid":"u"},)"
                           R"("spec":{"a":1},"kind":"Pod","status":{},"apiVersion":"v1"})")),
            R"({"apiVersion":"v1","kind":"Pod","spec":{"a":1},"status":{},)"
            R"("metadata":{"name":"x","uid":"u"}})");
}

TEST(Canonical, RefusesAnObjectWithoutMetadata) {
  EXPECT_THROW(canonical(json("{}")), std::invalid_argument);
  EXPECT_THROW(canonical(json("[]")), std::invalid_argument);
  EXPECT_THROW(canonical(json(R"({"metadata":{}})")), std::invalid_argument);
  EXPECT_THROW(canonical(json(R"({"metadata":{"resourceVersion":"1"}})")), std::invalid_argument);
}

TEST(Canonical, TakesTheRevisionAsTheLastMemberOfMetadata) {
  const std::string text = canonical(json(R"({"kind":"A","metadata":{"name":"x"}})"));
  EXPECT_EQ(with_revision(text, 42),
            R"({"kind":"A","metadata":{"name":"x","resourceVersion":"42"}})");
  EXPECT_EQ(canonical(json(with_revision(text, 42))), text);
}

TEST(ToJson, EscapesWhatJsonMustEscapeAndNothingElse) {
  EXPECT_EQ(to_json(Json("a\"b\\c\n\t\x01/<é>")), "\"a\\\"b\\\\c\\n\\t\\u0001/<é>\"");
}

TEST(ToJson, WritesNumbersAsGoDoes) {
  const std::vector<std::pair<double, std::string>> cases = {
      {1.0, "1"},        {1.5, "1.5"},       {-0.25, "-0.25"}, {1e20, "100000000000000000000"},
      {1e21, "1e+21"},   {1e-6, "0.000001"}, {1e-7, "1e-7"},   {1.5e-10, "1.5e-10"},
      {1e300, "1e+300"}, {0.1, "0.1"},       {-0.0, "0"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(to_json(Json(value)), text);
  EXPECT_EQ(to_json(json("[-1,18446744073709551615,true,null]")),
            "[-1,18446744073709551615,true,null]");
}

}  // namespace
}  // namespace limen::object
