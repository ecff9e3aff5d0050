#include "registry/fields.h"

#include <gtest/gtest.h>

#include "base/api_error.h"

namespace limen::registry {
namespace {

const catalog::Resource& find(std::string_view group, std::string_view version,
                              std::string_view resource) {
  const catalog::Resource* found = catalog::find_resource(group, version, resource);
  if (!found) throw std::runtime_error("no such resource in the catalog");
  return *found;
}

storage::StoredObject stored(std::string json) {
  storage::StoredObject object;
  object.ns = "default";
  object.name = "x";
  object.json = std::move(json);
  return object;
}

bool selects(const catalog::Resource& resource, std::string_view selector, std::string json) {
  const auto parsed = object::FieldSelector::parse(selector);
  check_field_selector(resource, parsed);
  return matches_fields(resource, parsed, stored(std::move(json)));
}

std::string refusal(const catalog::Resource& resource, std::string_view selector) {
  try {
    check_field_selector(resource, object::FieldSelector::parse(selector));
  } catch (const base::ApiError& error) {
    EXPECT_EQ(error.code(), 400);
    return error.message();
  }
  return {};
}

TEST(Fields, PodsAreSelectedByNodeAndPhase) {
  const catalog::Resource& pods = find("", "v1", "pods");
  const std::string pod = R"({"spec":{"nodeName":"n1"},"status":{"phase":"Running"}})";
  EXPECT_TRUE(selects(pods, "spec.nodeName=n1,status.phase=Running", pod));
  EXPECT_FALSE(selects(pods, "spec.nodeName=n2", pod));
  EXPECT_TRUE(selects(pods, "status.phase!=Failed", pod));
}

TEST(Fields, APodWithoutANodeHasTheEmptyOne) {
  const catalog::Resource& pods = find("", "v1", "pods");
  EXPECT_TRUE(selects(pods, "spec.nodeName=", R"({"spec":{}})"));
  EXPECT_FALSE(selects(pods, "spec.nodeName=", R"({"spec":{"nodeName":"n"}})"));
}

TEST(Fields, MissingBooleansAreFalse) {
  const catalog::Resource& nodes = find("", "v1", "nodes");
  EXPECT_TRUE(selects(nodes, "spec.unschedulable=false", R"({"spec":{}})"));
  EXPECT_TRUE(selects(nodes, "spec.unschedulable=true", R"({"spec":{"unschedulable":true}})"));
}

TEST(Fields, EventsHaveOtherNamesInEachOfTheirGroups) {
  const std::string event = R"({"involvedObject":{"name":"p","uid":"u"},"reason":"Killed"})";
  const catalog::Resource& core = find("", "v1", "events");
  const catalog::Resource& events = find("events.k8s.io", "v1", "events");
  EXPECT_TRUE(selects(core, "involvedObject.name=p,reason=Killed", event));
  EXPECT_TRUE(selects(events, "regarding.name=p,reason=Killed", event));
  EXPECT_EQ(refusal(core, "regarding.name=p"), "field label not supported: regarding.name");
  EXPECT_EQ(refusal(events, "involvedObject.name=p"),
            "field label not supported: involvedObject.name");
}

TEST(Fields, PodsStillHaveAHost) {
  const catalog::Resource& pods = find("", "v1", "pods");
  EXPECT_TRUE(selects(pods, "spec.host=n1", R"({"spec":{"nodeName":"n1"}})"));
  EXPECT_TRUE(selects(pods, "status.podIPs=", R"({"status":{"podIPs":[{"ip":"10.0.0.1"}]}})"));
}

TEST(Fields, SecretsAreSelectedByType) {
  EXPECT_TRUE(selects(find("", "v1", "secrets"), "type=Opaque", R"({"type":"Opaque"})"));
}

TEST(Fields, EveryResourceHasNameAndNamespace) {
  EXPECT_TRUE(selects(find("apps", "v1", "deployments"),
                      "metadata.name=x,metadata.namespace=default", "{}"));
}

TEST(Fields, UnknownFieldsAreRefusedInTheWordsOfTheKind) {
  EXPECT_EQ(refusal(find("", "v1", "pods"), "spec.foo=x"), "field label not supported: spec.foo");
  EXPECT_EQ(refusal(find("", "v1", "configmaps"), "data.k=x"),
            "\"data.k\" is not a known field selector: only \"metadata.name\", "
            "\"metadata.namespace\"");
  EXPECT_EQ(refusal(find("batch", "v1", "jobs"), "spec.foo=x"),
            "field label \"spec.foo\" not supported for Job");
  EXPECT_EQ(refusal(find("resource.k8s.io", "v1", "resourceslices"), "spec.foo=x"),
            "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: spec.foo");
  EXPECT_EQ(refusal(find("apps", "v1", "replicasets"), "status.replicas=1"),
            "\"status.replicas\" is not a known field selector: only \"metadata.name\", "
            "\"metadata.namespace\"");
  EXPECT_EQ(refusal(find("", "v1", "persistentvolumes"), "name=x"),
            "\"name\" is not a known field selector: only \"metadata.name\", "
            "\"metadata.namespace\"");
}

TEST(Fields, AKindWithoutNamespacesThatNamesItsFieldsHasNone) {
  EXPECT_EQ(refusal(find("", "v1", "nodes"), "metadata.namespace=x"),
            "field label not supported: metadata.namespace");
  EXPECT_EQ(refusal(find("", "v1", "namespaces"), "metadata.namespace=x"),
            "field label not supported: metadata.namespace");
  EXPECT_EQ(refusal(find("", "v1", "persistentvolumes"), "metadata.namespace=x"), "");
  EXPECT_EQ(refusal(find("", "v1", "pods"), "metadata.namespace=x"), "");
}

}  // namespace
}  // namespace limen::registry
