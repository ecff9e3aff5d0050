// Every bundled mutator, asked twice: the second time it finds its own work done.
//
// A new one is a line in kMutators; the last test finds it missing.
#include <algorithm>
#include <filesystem>
#include <map>

#include "limen/testkit/reinvocation.hpp"
#include "support.h"
#include "webhooks_support.h"

namespace limen::testkit {
namespace {

constexpr const char* kOnePod =
    R"({"metadata":{},"spec":{"containers":[{"name":"a","image":"i"}]}})";
constexpr const char* kNamespaceX = R"({"metadata":{"name":"x"},"status":{"phase":"Active"}})";

struct Stored {
  std::string group, resource, object;
};
struct Mutator {
  std::string module;
  // "group/resource" or "resource", and an object the module changes; an empty object: it has
  // admit() only to refuse or to do something beside the object.
  std::vector<std::pair<std::string, std::string>> objects;
  std::vector<Stored> stored{};
  std::string config = "{}";
};

const std::vector<Mutator> kMutators = {
    {"always-deny", {{"pods", ""}}},
    {"always-pull-images",
     {{"pods",
       R"({"spec":{"initContainers":[{"image":"a"}],"containers":[{"image":"b"}],"ephemeralContainers":[{"image":"c"}]}})"}}},
    {"default-ingress-class",
     {{"networking.k8s.io/ingresses", R"({"metadata":{},"spec":{}})"}},
     {{"networking.k8s.io", "ingressclasses",
       R"({"metadata":{"name":"nginx","annotations":{"ingressclass.kubernetes.io/is-default-class":"true"}}})"}}},
    {"default-storage-class",
     {{"persistentvolumeclaims", R"({"metadata":{},"spec":{}})"}},
     {{"storage.k8s.io", "storageclasses",
       R"({"metadata":{"name":"fast","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}})"}}},
    {"default-toleration-seconds", {{"pods", kOnePod}}},
    {"extended-resource-toleration",
     {{"pods", R"({"spec":{"containers":[{"resources":{"requests":{"example.com/gpu":"1"}}}]}})"}}},
    {"limit-ranger",
     {{"pods", kOnePod}},
     {{"", "limitranges",
       R"({"metadata":{"name":"r","namespace":"x"},"spec":{"limits":[{"type":"Container","default":{"cpu":"1"},"defaultRequest":{"cpu":"500m"}}]}})"}}},
    {"mutating-webhook", {{"pods", ""}}},  // the test below
    {"namespace-auto-provision", {{"pods", ""}}},
    {"namespace-lifecycle", {{"pods", ""}}},
    {"node-restriction", {{"pods", ""}}},
    {"pod-node-selector",
     {{"pods", kOnePod}},
     {{"", "namespaces", kNamespaceX}},
     R"({"clusterDefaultNodeSelector":"pool=general"})"},
    {"pod-toleration-restriction",
     {{"pods", kOnePod},
      {"pods", R"({"spec":{"containers":[{"resources":{"requests":{"cpu":"1"}}}]}})"}},
     {{"", "namespaces", kNamespaceX}},
     R"({"default":[{"key":"pool","operator":"Exists"}]})"},
    {"pod-topology-labels",
     {{"pods", R"({"metadata":{},"spec":{"nodeName":"n1"}})"}},
     {{"", "nodes", R"({"metadata":{"name":"n1","labels":{"topology.kubernetes.io/zone":"z"}}})"}}},
    {"priority",
     {{"pods", kOnePod}, {"pods", R"({"spec":{"priorityClassName":"high"}})"}},
     {{"scheduling.k8s.io", "priorityclasses",
       R"({"metadata":{"name":"high"},"value":1000,"preemptionPolicy":"Never"})"}}},
    {"runtime-class",
     {{"pods", R"({"spec":{"runtimeClassName":"kata"}})"}},
     {{"node.k8s.io", "runtimeclasses",
       R"({"metadata":{"name":"kata"},"overhead":{"podFixed":{"cpu":"250m"}},"scheduling":{"nodeSelector":{"k":"y"},"tolerations":[{"key":"kata","operator":"Exists"}]}})"}}},
    {"service-account",
     {{"pods", kOnePod},
      {"pods", R"({"spec":{"initContainers":[{}],"containers":[{},{"volumeMounts":[]}]}})"}},
     {{"", "serviceaccounts",
       R"({"metadata":{"name":"default","namespace":"x"},"imagePullSecrets":[{"name":"r"}]})"}}},
    {"storage-object-in-use-protection",
     {{"persistentvolumes", R"({"metadata":{}})"},
      {"persistentvolumeclaims", R"({"metadata":{}})"}}},
    {"taint-nodes-by-condition", {{"nodes", "{}"}}},
};

Review review_of(const std::string& resource, const std::string& object) {
  const std::size_t slash = resource.find('/');
  if (slash == std::string::npos) return of(resource, json(object));
  return in_group(resource.substr(0, slash), resource.substr(slash + 1), json(object));
}

InstanceOptions options_of(const Mutator& mutator) {
  InstanceOptions options;
  options.kind = LIMEN_KIND_ADMISSION;
  options.config = json(mutator.config);
  options.prepare = [&mutator](FakeHost& host) {
    for (const Stored& one : mutator.stored) host.put(one.group, one.resource, json(one.object));
  };
  return options;
}

TEST(BundledMutators, FindTheirOwnWorkDoneTheSecondTime) {
  for (const Mutator& mutator : kMutators) {
    const Module module = load(mutator.module);
    Instance instance(module, options_of(mutator));
    for (const auto& [resource, object] : mutator.objects) {
      if (object.empty()) continue;
      EXPECT_EQ(reinvocation_problem(instance, review_of(resource, object)), "")
          << mutator.module << " " << resource;
    }
  }
}

// Whoever leaves an object alone leaves it alone: neither kind nor subresource is theirs.
TEST(BundledMutators, LeaveWhatIsNotTheirsAlone) {
  for (const Mutator& mutator : kMutators) {
    if (mutator.objects.front().second.empty()) continue;
    const Module module = load(mutator.module);
    Instance instance(module, options_of(mutator));
    const Review other = review_of("example.com/things", R"({"metadata":{},"spec":{}})");
    EXPECT_TRUE(instance.admit(other).edits.empty()) << mutator.module;
    Review status = review_of(mutator.objects.front().first, mutator.objects.front().second);
    status.operation = LIMEN_OP_UPDATE;
    status.old_object = status.object;
    status.action.subresource = "status";
    EXPECT_TRUE(instance.admit(status).edits.empty()) << mutator.module;
  }
}

TEST(BundledMutators, AreAllInTheListAbove) {
  const std::filesystem::path folder = LIMEN_BINARY_DIR "/lib/limen/modules";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".so") continue;
    const std::string name = entry.path().stem();
    const bool listed = std::any_of(kMutators.begin(), kMutators.end(),
                                    [&name](const Mutator& one) { return one.module == name; });
    if (listed) continue;
    const Module module = load(name);
    try {
      InstanceOptions options;
      options.kind = LIMEN_KIND_ADMISSION;
      Instance instance(module, std::move(options));
      const auto* table = instance.table<limen_admission>(LIMEN_KIND_ADMISSION);
      EXPECT_EQ(table->admit, nullptr) << name << " mutates and is not in kMutators";
    } catch (const std::runtime_error&) {
      continue;  // no admission controller, or one that nothing can be said of without a config
    }
  }
}

}  // namespace

namespace webhook_test {
namespace {

TEST_F(MutatingWebhooks, WhatAWebhookMadeOfAnObjectItFindsDone) {
  hooks.scripts["w"] = Hooks::patches(kAddLabel);
  configure("c", {hook("w", R"({"reinvocationPolicy":"IfNeeded"})")});
  EXPECT_EQ(reinvocation_problem(instance, new_pod()), "");
}

}  // namespace
}  // namespace webhook_test
}  // namespace limen::testkit
