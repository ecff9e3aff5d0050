#include "admission/changes.h"

#include <gtest/gtest.h>

namespace limen::admission {
namespace {

object::Json json(const std::string& text) { return boost::json::parse(text); }

std::string between(const std::string& before, const std::string& after) {
  return boost::json::serialize(changes_between(json(before), json(after)));
}

TEST(AdmissionChanges, NothingChangedIsNothingToTell) {
  EXPECT_EQ(between(R"({"a":[1,{"b":2}]})", R"({"a":[1,{"b":2}]})"), "[]");
}

TEST(AdmissionChanges, MembersAreAddedReplacedAndRemoved) {
  EXPECT_EQ(between(R"({"a":1,"b":{"c":2}})", R"({"b":{"c":3,"d":null}})"),
            R"([{"op":"remove","path":"/a"},{"op":"replace","path":"/b/c","value":3},)"
            R"({"op":"add","path":"/b/d","value":null}])");
}

TEST(AdmissionChanges, ListsGrowAtTheirEndAndShrinkFromIt) {
  EXPECT_EQ(between("[1]", "[1,2,3]"),
            R"([{"op":"add","path":"/1","value":2},{"op":"add","path":"/2","value":3}])");
  EXPECT_EQ(between("[1,2,3]", "[4]"),
            R"([{"op":"replace","path":"/0","value":4},)"
            R"({"op":"remove","path":"/2"},{"op":"remove","path":"/1"}])");
}

TEST(AdmissionChanges, AValueOfAnotherTypeIsReplacedAsAWhole) {
  EXPECT_EQ(between(R"({"a":[1]})", R"({"a":{"b":1}})"),
            R"([{"op":"replace","path":"/a","value":{"b":1}}])");
}

TEST(AdmissionChanges, KeysAreEscapedInPaths) {
  EXPECT_EQ(between("{}", R"({"a/b~c":1})"), R"([{"op":"add","path":"/a~1b~0c","value":1}])");
}

TEST(AdmissionChanges, AModulesPatchIsTold) {
  authz::Attributes about;
  about.resource = "pods";
  EXPECT_EQ(
      tell_changes("m", about, json("{}"), json(R"({"a":1})")),
      R"({"module":"m","patch":[{"op":"add","path":"/a","value":1}],"patchType":"JSONPatch"})");
}

TEST(AdmissionChanges, OfSecretsAndTokensOnlyPathsAreTold) {
  authz::Attributes about;
  const auto told = [&about] {
    return tell_changes("m", about, json("{}"), json(R"({"data":"hidden"})"));
  };
  about.resource = "secrets";
  EXPECT_EQ(told(), R"({"module":"m","paths":["/data"]})");
  about.resource = "serviceaccounts";
  about.subresource = "token";
  EXPECT_EQ(told(), R"({"module":"m","paths":["/data"]})");
  about = {};
  about.group = "authentication.k8s.io";
  about.resource = "tokenreviews";
  EXPECT_EQ(told(), R"({"module":"m","paths":["/data"]})");
  about = {};
  about.group = "example.com";
  about.resource = "secrets";
  EXPECT_NE(told().find("hidden"), std::string::npos);
}

TEST(AdmissionChanges, WhatIsTooLongIsToldShorter) {
  authz::Attributes about;
  about.resource = "pods";
  const auto told = [&about](std::size_t bytes) {
    object::Json after = boost::json::object{{"a", std::string(bytes, 'x')}};
    return tell_changes("m", about, json("{}"), after);
  };
  const std::size_t frame = told(0).size();
  EXPECT_EQ(told(kMaxTold - frame).size(), kMaxTold);
  EXPECT_EQ(told(kMaxTold - frame + 1), R"({"module":"m","paths":["/a"]})");
  object::Json many = boost::json::object();
  for (int i = 0; i < 20'000; ++i) many.get_object()["key-" + std::to_string(i)] = 1;
  EXPECT_EQ(tell_changes("m", about, json("{}"), many), R"({"module":"m","changes":20000})");
}

}  // namespace
}  // namespace limen::admission
