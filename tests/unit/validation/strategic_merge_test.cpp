#include "validation/strategic_merge.h"

#include <gtest/gtest.h>

#include "object/canonical.h"

namespace limen::validation {
namespace {

using object::Json;

std::string merged(std::string_view target, std::string_view patch,
                   std::string_view kind = "core.v1.Pod") {
  Json value = boost::json::parse(target);
  apply_strategic_merge(value, boost::json::parse(patch),
                        *catalog::find_type("io.k8s.api." + std::string(kind)));
  return object::to_json(value);
}

std::string merge_error(std::string_view target, std::string_view patch) {
  try {
    return "merged: " + merged(target, patch);
  } catch (const StrategicMergeError& error) {
    return error.what();
  }
}

TEST(StrategicMerge, MergesObjectsAndDeletesByNull) {
  EXPECT_EQ(merged(R"({"metadata":{"labels":{"a":"1","b":"2"},"name":"x"}})",
                   R"({"metadata":{"labels":{"b":null,"c":"3"}}})"),
            R"({"metadata":{"labels":{"a":"1","c":"3"},"name":"x"}})");
}

TEST(StrategicMerge, MergesKeyedListsByTheirKey) {
  EXPECT_EQ(merged(R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}})",
                   R"({"spec":{"containers":[{"name":"b","image":"2"}]}})"),
            R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}})");
}

TEST(StrategicMerge, PutsNewElementsOfAKeyedListFirstWithoutAnOrder) {
  EXPECT_EQ(merged(R"({"spec":{"containers":[{"name":"a"}]}})",
                   R"({"spec":{"containers":[{"name":"b","image":"2"}]}})"),
            R"({"spec":{"containers":[{"name":"b","image":"2"},{"name":"a"}]}})");
}

TEST(StrategicMerge, FollowsTheOrderThePatchStates) {
  EXPECT_EQ(
      merged(R"({"spec":{"containers":[{"name":"a"},{"name":"b"},{"name":"s"}]}})",
             R"({"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"c"},{"name":"a"}],
                 "containers":[{"name":"c","image":"3"}]}})"),
      R"({"spec":{"containers":[{"name":"b"},{"name":"c","image":"3"},{"name":"a"},{"name":"s"}]}})");
}

TEST(StrategicMerge, ReordersAListThatThePatchOnlyOrders) {
  EXPECT_EQ(merged(R"({"spec":{"containers":[{"name":"a"},{"name":"b"}]}})",
                   R"({"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}})"),
            R"({"spec":{"containers":[{"name":"b"},{"name":"a"}]}})");
}

TEST(StrategicMerge, DeletesElementsByDirective) {
  EXPECT_EQ(merged(R"({"spec":{"containers":[{"name":"a"},{"name":"b"}]}})",
                   R"({"spec":{"$setElementOrder/containers":[{"name":"b"}],
                       "containers":[{"name":"a","$patch":"delete"}]}})"),
            R"({"spec":{"containers":[{"name":"b"}]}})");
}

TEST(StrategicMerge, ReplacesAKeyedListByDirective) {
  EXPECT_EQ(merged(R"({"spec":{"containers":[{"name":"a"},{"name":"b"}]}})",
                   R"({"spec":{"containers":[{"name":"c"},{"$patch":"replace"}]}})"),
            R"({"spec":{"containers":[{"name":"c"}]}})");
}

TEST(StrategicMerge, ReplacesOrEmptiesAnObjectByDirective) {
  EXPECT_EQ(merged(R"({"spec":{"nodeSelector":{"a":"1"}}})",
                   R"({"spec":{"nodeSelector":{"b":"2","$patch":"replace"}}})"),
            R"({"spec":{"nodeSelector":{"b":"2"}}})");
  EXPECT_EQ(merged(R"({"spec":{"securityContext":{"runAsUser":1}}})",
                   R"({"spec":{"securityContext":{"$patch":"delete"}}})"),
            R"({"spec":{"securityContext":{}}})");
}

TEST(StrategicMerge, ReplacesListsThatAreNotMerged) {
  EXPECT_EQ(merged(R"({"spec":{"containers":[{"name":"a","args":["x","y"]}]}})",
                   R"({"spec":{"containers":[{"name":"a","args":["z"]}]}})"),
            R"({"spec":{"containers":[{"name":"a","args":["z"]}]}})");
}

TEST(StrategicMerge, MergesListsOfPrimitivesAsSets) {
  EXPECT_EQ(merged(R"({"metadata":{"finalizers":["a","b"]}})",
                   R"({"metadata":{"finalizers":["c","a"]}})"),
            R"({"metadata":{"finalizers":["c","a","b"]}})");
  EXPECT_EQ(merged(R"({"metadata":{"finalizers":["a","b","c"]}})",
                   R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["b","x"]}})"),
            R"({"metadata":{"finalizers":["a","c"]}})");
  EXPECT_EQ(merged(R"({"metadata":{"finalizers":["a","b"]}})",
                   R"({"metadata":{"$setElementOrder/finalizers":["b","c"],
                       "$deleteFromPrimitiveList/finalizers":["a"],"finalizers":["c"]}})"),
            R"({"metadata":{"finalizers":["b","c"]}})");
}

TEST(StrategicMerge, MergesListsNestedInKeyedLists) {
  EXPECT_EQ(
      merged(R"({"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"x"}]}]}})",
             R"({"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"protocol":"UDP"},
                 {"containerPort":81}]}]}})"),
      R"({"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"x",)"
      R"("protocol":"UDP"},{"containerPort":81}]}]}})");
}

TEST(StrategicMerge, KeepsOnlyTheKeysThatRetainKeysNames) {
  EXPECT_EQ(
      merged(R"({"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}})",
             R"({"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}})",
             "apps.v1.Deployment"),
      R"({"spec":{"strategy":{"type":"Recreate"}}})");
  EXPECT_EQ(merge_error(R"({"spec":{"volumes":[{"name":"v","emptyDir":{}}]}})",
                        R"({"spec":{"volumes":[{"name":"v","$retainKeys":["name"],
                            "hostPath":{"path":"/x"}}]}})"),
            "invalid patch format of retainKeys");
}

TEST(StrategicMerge, ChangesTheSourceOfAVolume) {
  EXPECT_EQ(merged(R"({"spec":{"volumes":[{"name":"v","emptyDir":{}}]}})",
                   R"({"spec":{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],
                       "hostPath":{"path":"/x"}}]}})"),
            R"({"spec":{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}})");
}

TEST(StrategicMerge, TakesNewValuesWithoutTheirDirectivesAndNulls) {
  EXPECT_EQ(merged(R"({"spec":{}})",
                   R"({"spec":{"$setElementOrder/containers":[{"name":"a"}],
                       "containers":[{"name":"a","image":null},{"name":"b","$patch":"delete"}]}})"),
            R"({"spec":{"containers":[{"name":"a"}]}})");
}

TEST(StrategicMerge, RefusesPatchesThatDoNotFit) {
  EXPECT_EQ(merge_error(R"({"spec":{"containers":[{"name":"a"}]}})",
                        R"({"spec":{"containers":[{"image":"x"}]}})"),
            "map: {\"image\":\"x\"} does not contain declared merge key: name");
  EXPECT_EQ(merge_error(R"({"spec":{"containers":[{"name":"a"}]}})",
                        R"({"spec":{"containers":[{"name":"a","$patch":"frob"}]}})"),
            "unknown patch type found: \"frob\"");
  EXPECT_EQ(merge_error(R"({"spec":{"x":{}}})", R"({"spec":{"x":{"y":1}}})"),
            "unable to find api field in struct PodSpec for the json field \"x\"");
  EXPECT_NE(merge_error("{}", "[]").find("cannot unmarshal"), std::string::npos);
}

TEST(StrategicMerge, MergesLongListsInLinearTime) {
  boost::json::array target, patch;
  for (int i = 0; i < 30'000; ++i) {
    target.push_back(boost::json::object{{"name", "a" + std::to_string(i)}});
    patch.push_back(boost::json::object{{"name", "b" + std::to_string(i)}});
  }
  Json value{{"spec", {{"containers", target}}}};
  apply_strategic_merge(value, Json{{"spec", {{"containers", patch}}}},
                        *catalog::find_type("io.k8s.api.core.v1.Pod"));
  EXPECT_EQ(value.at("spec").at("containers").as_array().size(), 60'000u);
}

}  // namespace
}  // namespace limen::validation
