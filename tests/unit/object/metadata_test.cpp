#include "object/metadata.h"

#include <gtest/gtest.h>

#include "object/canonical.h"
#include "object/json_path.h"

namespace limen::object {
namespace {

TEST(Metadata, ReadsAsEmptyWhatIsMissingOrMistyped) {
  for (const char* text : {"null", "[]", "{}", R"({"metadata":5})", R"({"metadata":{"name":1}})"}) {
    const Json object = boost::json::parse(text);
    EXPECT_EQ(name(object), "") << text;
    EXPECT_EQ(generation(object), 0);
    EXPECT_TRUE(labels(object).empty());
    EXPECT_TRUE(finalizers(object).empty());
  }
}

TEST(Metadata, ReadsWhatIsThere) {
  const Json object = boost::json::parse(
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"n","namespace":"s",
          "uid":"u","generation":3,"labels":{"b":"2","a":"1"},"finalizers":["f"]}})");
  EXPECT_EQ(api_version(object), "apps/v1");
  EXPECT_EQ(kind(object), "Deployment");
  EXPECT_EQ(name(object), "n");
  EXPECT_EQ(ns(object), "s");
  EXPECT_EQ(uid(object), "u");
  EXPECT_EQ(generation(object), 3);
  EXPECT_EQ(labels(object), (Labels{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(finalizers(object), std::vector<std::string>{"f"});
}

TEST(Metadata, MakesTheMembersItSetsAndRemovesThemForEmptyText) {
  Json object = boost::json::parse("{}");
  set_metadata(object, "name", "x");
  set_metadata(object, "uid", "u");
  set_metadata(object, "uid", "");
  set_generation(object, 2);
  set_finalizers(object, {"a", "b"});
  EXPECT_EQ(to_json(object), R"({"metadata":{"name":"x","generation":2,"finalizers":["a","b"]}})");
  set_finalizers(object, {});
  EXPECT_EQ(to_json(object), R"({"metadata":{"name":"x","generation":2}})");
}

TEST(Metadata, ReadsWholeNumbersInAnyForm) {
  const Json numbers = boost::json::parse("[5, 5.0, 5.5, \"5\", 18446744073709551615]");
  EXPECT_EQ(int_or(&numbers.at(0), -1), 5);
  EXPECT_EQ(int_or(&numbers.at(1), -1), 5);
  EXPECT_EQ(int_or(&numbers.at(2), -1), -1);
  EXPECT_EQ(int_or(&numbers.at(3), -1), -1);
  EXPECT_EQ(int_or(&numbers.at(4), -1), -1);
  EXPECT_EQ(int_or(nullptr, -1), -1);
}

TEST(Metadata, ReadsTheTextsOfAList) {
  const Json list = boost::json::parse(R"(["a",1,null,"b"])");
  EXPECT_EQ(texts_of(&list), (std::vector<std::string>{"a", "b"}));
  const Json text("a");
  EXPECT_TRUE(texts_of(&text).empty());
  EXPECT_TRUE(texts_of(nullptr).empty());
}

TEST(Metadata, SplitsAndJoinsApiVersions) {
  EXPECT_EQ(group_version("", "v1"), "v1");
  EXPECT_EQ(group_version("apps", "v1"), "apps/v1");
  EXPECT_EQ(split_api_version("apps/v1").group, "apps");
  EXPECT_EQ(split_api_version("apps/v1").version, "v1");
  EXPECT_EQ(split_api_version("v1").group, "");
}

TEST(FieldPath, IsWrittenAsErrorsNameFields) {
  const FieldPath containers = FieldPath("spec").child("containers");
  EXPECT_EQ(containers.index(0).child("name").text(), "spec.containers[0].name");
  EXPECT_EQ(FieldPath().child("metadata").child("labels").key("a/b").text(),
            "metadata.labels[a/b]");
}

}  // namespace
}  // namespace limen::object
