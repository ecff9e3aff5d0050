// The catalog as data: what is served, that every reference resolves, and the facts clients and
// patches rely on.
#include "catalog/catalog.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <tuple>

namespace limen::catalog {
namespace {

std::size_t resource_count() {
  std::size_t count = 0;
  for (const GroupVersion& entry : group_versions()) count += entry.resources.size();
  return count;
}

std::size_t subresource_count() {
  std::size_t count = 0;
  for (const GroupVersion& entry : group_versions()) {
    for (const Resource& resource : entry.resources) count += resource.subresources.size();
  }
  return count;
}

TEST(Catalog, HoldsEveryFactOfTheTables) {
  EXPECT_EQ(group_versions().size(), 36U);
  EXPECT_EQ(resource_count(), 95U);
  EXPECT_EQ(subresource_count(), 55U);
  EXPECT_EQ(types().size(), 771U);
}

TEST(Catalog, ListsGroupsInTheOrderOfKubeApiserverAndPreferredVersionsFirst) {
  std::vector<std::string> names;
  for (const GroupVersion& entry : group_versions()) {
    names.push_back(std::string(entry.group) + "/" + std::string(entry.version));
  }
  const std::vector<std::string> head = {"/v1", "apiregistration.k8s.io/v1", "apps/v1",
                                         "events.k8s.io/v1", "authentication.k8s.io/v1"};
  ASSERT_GE(names.size(), head.size());
  EXPECT_EQ(std::vector<std::string>(names.begin(), names.begin() + 5), head);
  EXPECT_EQ(names.back(), "storagemigration.k8s.io/v1beta1");
  EXPECT_EQ(versions_of("autoscaling").front().version, "v2");
  EXPECT_EQ(versions_of("resource.k8s.io").front().version, "v1");
  EXPECT_EQ(versions_of("resource.k8s.io").size(), 4U);
  EXPECT_TRUE(versions_of("extensions").empty());
  EXPECT_TRUE(has_group(""));
  EXPECT_FALSE(has_group("extensions"));
}

TEST(Catalog, KeepsTheVersionsOfAGroupTogether) {
  std::set<std::string_view> finished;
  std::string_view current = "none";
  for (const GroupVersion& entry : group_versions()) {
    if (entry.group != current) {
      EXPECT_TRUE(finished.insert(entry.group).second) << entry.group;
      current = entry.group;
    }
  }
}

TEST(Catalog, EveryFieldHasWhatItsScalarNeeds) {
  for (const Type& type : types()) {
    for (const Field& field : type.fields) {
      const std::string where = std::string(type.name) + "." + std::string(field.name);
      EXPECT_EQ(field.type != nullptr, field.scalar == Scalar::object) << where;
      if (field.type != nullptr) {
        EXPECT_EQ(field.type->scalar, Scalar::object) << where;
      }
      if (field.named != nullptr) {
        EXPECT_EQ(field.named->scalar, field.scalar) << where;
      }
      EXPECT_EQ(field.list_type == ListType::map, !field.list_map_keys.empty()) << where;
      if (field.map_of_lists) {
        EXPECT_EQ(field.shape, Shape::map) << where;
      }
    }
  }
}

TEST(Catalog, EveryListMapKeyAndMergeKeyIsAFieldOfItsElements) {
  for (const Type& type : types()) {
    for (const Field& field : type.fields) {
      const std::string where = std::string(type.name) + "." + std::string(field.name);
      for (const std::string_view key : field.list_map_keys) {
        ASSERT_NE(field.type, nullptr) << where;
        EXPECT_NE(field.type->field(key), nullptr) << where << " " << key;
      }
      if (!field.patch_merge_key.empty() && field.type != nullptr) {
        EXPECT_NE(field.type->field(field.patch_merge_key), nullptr) << where;
      }
    }
  }
}

TEST(Catalog, EveryTypeAndFieldIsFoundByItsName) {
  for (const Type& type : types()) {
    EXPECT_EQ(find_type(type.name), &type);
    for (const Field& field : type.fields) EXPECT_EQ(type.field(field.name), &field);
    EXPECT_EQ(type.field("no such field"), nullptr);
  }
  EXPECT_EQ(find_type("io.k8s.api.core.v1.NoSuchType"), nullptr);
  EXPECT_EQ(find_type(""), nullptr);
}

TEST(Catalog, EveryResourceHasItsTypeWithItsGroupVersionKind) {
  for (const GroupVersion& entry : group_versions()) {
    for (const Resource& resource : entry.resources) {
      ASSERT_NE(resource.type, nullptr) << resource.name;
      EXPECT_EQ(resource.type->group, resource.group) << resource.name;
      EXPECT_EQ(resource.type->version, resource.version) << resource.name;
      EXPECT_EQ(resource.type->kind, resource.kind) << resource.name;
      EXPECT_EQ(find_resource(entry.group, entry.version, resource.name), &resource);
      EXPECT_EQ(find_kind(entry.group, entry.version, resource.kind), &resource);
      for (const Subresource& sub : resource.subresources) {
        EXPECT_EQ(resource.subresource(sub.name), &sub);
      }
    }
  }
}

TEST(Catalog, EveryListableKindHasAListType) {
  for (const GroupVersion& entry : group_versions()) {
    for (const Resource& resource : entry.resources) {
      if (!resource.has(kVerbList)) continue;
      const Type* list = find_type(std::string(resource.type->name) + "List");
      ASSERT_NE(list, nullptr) << resource.name;
      ASSERT_NE(list->field("items"), nullptr);
      EXPECT_EQ(list->field("items")->type, resource.type);
    }
  }
}

TEST(Catalog, WhatIsNotServedIsNotFound) {
  EXPECT_EQ(find_resource("", "v2", "pods"), nullptr);
  EXPECT_EQ(find_resource("", "v1", "deployments"), nullptr);
  EXPECT_EQ(find_resource("apps", "v1", ""), nullptr);
  EXPECT_EQ(find_kind("apps", "v1", "Pod"), nullptr);
  EXPECT_EQ(find_preferred("apps", "pods"), nullptr);
  EXPECT_EQ(find_resource("", "v1", "pods")->subresource("scale"), nullptr);
}

TEST(Catalog, StoresAResourceInItsPreferredVersion) {
  EXPECT_EQ(find_resource("autoscaling", "v1", "horizontalpodautoscalers")->storage_version, "v2");
  EXPECT_EQ(find_resource("resource.k8s.io", "v1beta1", "resourceclaims")->storage_version, "v1");
  EXPECT_EQ(find_resource("resource.k8s.io", "v1alpha3", "devicetaintrules")->storage_version,
            "v1beta2");
  EXPECT_EQ(find_preferred("certificates.k8s.io", "clustertrustbundles")->version, "v1beta1");
}

TEST(Catalog, EventsOfBothGroupsShareOneStore) {
  const Resource* events = find_resource("events.k8s.io", "v1", "events");
  EXPECT_EQ(events->storage_group, "");
  EXPECT_EQ(events->storage_version, "v1");
  const Resource* core = find_resource("", "v1", "events");
  EXPECT_EQ(core->storage_group, "");
  EXPECT_EQ(core->storage_version, "v1");
}

TEST(Catalog, APodIsDescribed) {
  const Resource* pods = find_resource("", "v1", "pods");
  ASSERT_NE(pods, nullptr);
  EXPECT_TRUE(pods->namespaced);
  EXPECT_TRUE(pods->stored());
  EXPECT_EQ(pods->verbs, 255);
  EXPECT_EQ(pods->short_names[0], "po");
  EXPECT_EQ(pods->categories[0], "all");
  EXPECT_EQ(pods->type->name, "io.k8s.api.core.v1.Pod");
  const Subresource* eviction = pods->subresource("eviction");
  ASSERT_NE(eviction, nullptr);
  EXPECT_EQ(eviction->group, "policy");
  EXPECT_EQ(eviction->type->name, "io.k8s.api.policy.v1.Eviction");
  EXPECT_EQ(pods->subresource("exec")->type, nullptr);
}

TEST(Catalog, PatchAndMergeKeysAreCarried) {
  const Type* spec = find_type("io.k8s.api.core.v1.PodSpec");
  const Field* containers = spec->field("containers");
  EXPECT_EQ(containers->shape, Shape::list);
  EXPECT_TRUE(containers->patch_merge);
  EXPECT_EQ(containers->patch_merge_key, "name");
  EXPECT_EQ(containers->list_type, ListType::map);
  EXPECT_EQ(containers->list_map_keys[0], "name");
  EXPECT_TRUE(containers->required);
  const Field* volumes = spec->field("volumes");
  EXPECT_TRUE(volumes->patch_merge);
  EXPECT_TRUE(volumes->patch_retain_keys);
  const Field* ports = find_type("io.k8s.api.core.v1.Container")->field("ports");
  ASSERT_EQ(ports->list_map_keys.size(), 2U);
  EXPECT_EQ(ports->list_map_keys[1], "protocol");
  EXPECT_EQ(ports->number, 6);
  EXPECT_TRUE(spec->field("nodeSelector")->atomic_map);
  EXPECT_TRUE(
      find_type("io.k8s.api.policy.v1.PodDisruptionBudgetSpec")->field("selector")->patch_replace);
  EXPECT_TRUE(
      find_type("io.k8s.api.core.v1.PersistentVolumeSpec")->field("claimRef")->granular_map);
}

TEST(Catalog, NamedScalarsKeepTheirNames) {
  const Field* lease = find_type("io.k8s.api.coordination.v1.LeaseSpec")->field("renewTime");
  EXPECT_EQ(lease->scalar, Scalar::time);
  EXPECT_EQ(lease->named->name, "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime");
  const Field* limits = find_type("io.k8s.api.core.v1.ResourceRequirements")->field("limits");
  EXPECT_EQ(limits->scalar, Scalar::quantity);
  EXPECT_EQ(limits->shape, Shape::map);
  EXPECT_EQ(limits->named->name, "io.k8s.apimachinery.pkg.api.resource.Quantity");
  const Field* port = find_type("io.k8s.api.core.v1.ServicePort")->field("targetPort");
  EXPECT_EQ(port->scalar, Scalar::int_or_string);
  const Field* data = find_type("io.k8s.api.apps.v1.ControllerRevision")->field("data");
  EXPECT_EQ(data->scalar, Scalar::any);
  const Field* maximum =
      find_type("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps")
          ->field("maximum");
  EXPECT_EQ(maximum->scalar, Scalar::float64);
}

TEST(Catalog, AMapOfListsIsTold) {
  const Field* extra =
      find_type("io.k8s.api.authorization.v1.SubjectAccessReviewSpec")->field("extra");
  EXPECT_EQ(extra->shape, Shape::map);
  EXPECT_TRUE(extra->map_of_lists);
  EXPECT_EQ(extra->scalar, Scalar::string);
  EXPECT_FALSE(find_type("io.k8s.api.core.v1.ConfigMap")->field("data")->map_of_lists);
}

TEST(Catalog, EmbeddedTypesAreFlat) {
  const Type* source = find_type("io.k8s.api.core.v1.ConfigMapKeySelector");
  EXPECT_NE(source->field("name"), nullptr);
  EXPECT_NE(source->field("key"), nullptr);
  EXPECT_TRUE(source->atomic);
  EXPECT_NE(find_type("io.k8s.api.core.v1.EphemeralContainer")->field("image"), nullptr);
  EXPECT_NE(find_type("io.k8s.api.core.v1.Volume")->field("emptyDir"), nullptr);
}

TEST(Catalog, VerbsHaveTheirNames) {
  EXPECT_EQ(verb_name(kVerbGet), "get");
  EXPECT_EQ(verb_name(kVerbDeleteCollection), "deletecollection");
}

TEST(Catalog, EveryMemberOfATypeWithNumbersHasOne) {
  for (const Type& type : types()) {
    bool numbered = false;
    for (const Field& field : type.fields) numbered = numbered || field.number != 0;
    if (!numbered) continue;
    std::set<std::tuple<std::uint16_t, std::uint16_t, std::uint16_t>> seen;
    for (const Field& field : type.fields) {
      if (field.name == "apiVersion" || field.name == "kind") continue;
      EXPECT_NE(field.number, 0) << type.name << "." << field.name;
      EXPECT_TRUE(seen.emplace(field.within[0], field.within[1], field.number).second)
          << type.name << "." << field.name;
    }
  }
}

TEST(Catalog, EmbeddedMessagesHaveNumbersOfTheirOwn) {
  const Field* source = find_type("io.k8s.api.core.v1.Volume")->field("emptyDir");
  EXPECT_EQ(source->number, 2);
  EXPECT_EQ(source->within, (std::array<std::uint16_t, 2>{2, 0}));
  const Field* rule =
      find_type("io.k8s.api.admissionregistration.v1.NamedRuleWithOperations")->field("scope");
  EXPECT_EQ(rule->number, 4);
  EXPECT_EQ(rule->within, (std::array<std::uint16_t, 2>{2, 2}));
}

TEST(Catalog, TellsPointersWhoseZeroIsMeant) {
  EXPECT_TRUE(find_type("io.k8s.api.apps.v1.DeploymentSpec")->field("replicas")->keep_zero);
  EXPECT_FALSE(find_type("io.k8s.api.apps.v1.DeploymentStatus")->field("replicas")->keep_zero);
  EXPECT_FALSE(find_type("io.k8s.api.core.v1.PodSpec")->field("hostNetwork")->keep_zero);
}

}  // namespace
}  // namespace limen::catalog
