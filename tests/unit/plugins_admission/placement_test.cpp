// Controllers about where pods run, and about the namespaces they run in.
#include "support.h"

namespace limen::testkit {
namespace {

void put_namespace(FakeHost& host, const std::string& name, const std::string& annotations = "{}") {
  host.put("", "namespaces",
           json(R"({"metadata":{"name":")" + name + R"(","annotations":)" + annotations + "}}"));
}

Review pod(const std::string& spec) { return of("pods", json("{\"spec\":" + spec + "}")); }

// ---- taint-nodes-by-condition

TEST(TaintNodesByCondition, ANewNodeIsTaintedOnce) {
  const Module module = load("taint-nodes-by-condition");
  Instance controller(module);
  const auto taints = [&](const std::string& node) {
    EXPECT_TRUE(controller.admits_idempotently(of("nodes", json(node))));
    return at(controller.admit(of("nodes", json(node))).object, "/spec/taints");
  };
  constexpr const char* kTaint = R"({"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"})";
  EXPECT_EQ(taints("{}"), "[" + std::string(kTaint) + "]");
  EXPECT_EQ(taints(R"({"spec":{"taints":[{"key":"a","effect":"NoExecute"}]}})"),
            R"([{"key":"a","effect":"NoExecute"},)" + std::string(kTaint) + "]");
  EXPECT_EQ(at(controller.admit(pod("{}")).object, "/spec/taints"), "");
}

// ---- extended-resource-toleration

TEST(ExtendedResourceToleration, DevicesOfAllContainersThatAskAreTolerated) {
  const Module module = load("extended-resource-toleration");
  Instance controller(module);
  const Review review = pod(
      R"({"initContainers":[{"resources":{"requests":{"example.com/b":"1"}}}],)"
      R"("containers":[{"resources":{"requests":{"example.com/a":"1","cpu":"1","kubernetes.io/x":"1"}}}],)"
      R"("tolerations":[{"key":"own"}]})");
  EXPECT_EQ(at(controller.admit(review).object, "/spec/tolerations"),
            R"([{"key":"own"},)"
            R"({"key":"example.com/a","operator":"Exists","effect":"NoSchedule"},)"
            R"({"key":"example.com/b","operator":"Exists","effect":"NoSchedule"}])");
  EXPECT_TRUE(controller.admits_idempotently(review));
  EXPECT_TRUE(controller.admit(pod(R"({"containers":[{}]})")).edits.empty());
}

// ---- limit-pod-hard-anti-affinity-topology

TEST(LimitPodHardAntiAffinityTopology, OnlyTheNodeMayBeKeptForOneself) {
  const Module module = load("limit-pod-hard-anti-affinity-topology");
  Instance controller(module);
  const auto judge = [&](const std::string& key) {
    return controller
        .validate(pod(
            R"({"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":")" +
            key + R"("}]}}})"))
        .message;
  };
  EXPECT_EQ(judge("kubernetes.io/hostname"), "");
  EXPECT_EQ(judge("topology.kubernetes.io/zone"),
            "affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey "
            "topology.kubernetes.io/zone but only key kubernetes.io/hostname is allowed");
  EXPECT_EQ(controller.validate(pod("{}")).message, "");
}

// ---- pod-node-selector

class PodNodeSelector : public testing::Test {
 protected:
  void SetUp() override {
    put_namespace(controller.host(), "x",
                  R"({"scheduler.alpha.kubernetes.io/node-selector":"env=prod, disk=ssd"})");
    put_namespace(controller.host(), "plain");
  }
  Reply admit(const std::string& spec, const std::string& ns = "x") {
    Review review = pod(spec);
    review.action.ns = ns;
    return controller.admit(review);
  }
  std::string selector(const std::string& spec, const std::string& ns = "x") {
    return at(admit(spec, ns).object, "/spec/nodeSelector");
  }
  Module module = load("pod-node-selector");
  Instance controller{module,
                      {.config = {{"clusterDefaultNodeSelector", "pool=general"},
                                  {"namespaces", {{"x", "env=prod,disk=ssd,zone=a"}}}}}};
};

TEST_F(PodNodeSelector, TheNamespacesLabelsAreAddedToThePodsOwn) {
  EXPECT_EQ(selector("{}"), R"({"disk":"ssd","env":"prod"})");
  EXPECT_EQ(selector(R"({"nodeSelector":{"zone":"a"}})"),
            R"({"zone":"a","disk":"ssd","env":"prod"})");
  EXPECT_EQ(selector("{}", "plain"), R"({"pool":"general"})");
}

TEST_F(PodNodeSelector, AContradictionIsRefused) {
  EXPECT_EQ(admit(R"({"nodeSelector":{"env":"dev"}})").message,
            "pod node label selector conflicts with its namespace node label selector");
  EXPECT_EQ(controller.validate(pod(R"({"nodeSelector":{"env":"dev"}})")).message,
            "pod node label selector conflicts with its namespace node label selector");
}

TEST_F(PodNodeSelector, OnlyTheLabelsOfTheConfigMayBeUsed) {
  EXPECT_EQ(controller.validate(pod(R"({"nodeSelector":{"zone":"a"}})")).message, "");
  EXPECT_EQ(controller.validate(pod(R"({"nodeSelector":{"zone":"b"}})")).message,
            "pod node label selector labels conflict with its namespace whitelist");
  EXPECT_EQ(controller.validate(pod(R"({"nodeSelector":{"gpu":"a"}})")).message,
            "pod node label selector labels conflict with its namespace whitelist");
}

TEST_F(PodNodeSelector, WhatCannotBeReadIsAnErrorAndAMissingNamespaceIsNotFound) {
  put_namespace(controller.host(), "odd",
                R"({"scheduler.alpha.kubernetes.io/node-selector":"nonsense"})");
  EXPECT_EQ(admit("{}", "odd").status, LIMEN_E_INVALID);
  EXPECT_EQ(admit("{}", "none").message, R"(namespaces "none" not found)");
}

TEST_F(PodNodeSelector, ABadConfigIsSaidWhereItStands) {
  const auto findings =
      module.check({{"clusterDefaultNodeSelector", "x"}, {"namespaces", {{"a", "=b"}}}});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].pointer, "/clusterDefaultNodeSelector");
  EXPECT_EQ(findings[1].pointer, "/namespaces/a");
}

// ---- namespace-exists

TEST(NamespaceExists, EveryWriteNeedsItsNamespace) {
  const Module module = load("namespace-exists");
  Instance controller(module);
  const Reply reply = controller.validate(pod("{}"));
  EXPECT_EQ(reply.message, R"(namespaces "x" not found)");
  EXPECT_EQ(reply.code, 404);
  put_namespace(controller.host(), "x");
  EXPECT_FALSE(controller.validate(pod("{}")).denied);
  Review cluster_scoped = of("nodes", json("{}"));
  cluster_scoped.action.ns = "";
  EXPECT_FALSE(controller.validate(cluster_scoped).denied);
  Review itself = of("namespaces", json("{}"));
  itself.action.ns = "unborn";
  EXPECT_FALSE(controller.validate(itself).denied);
}

// ---- namespace-auto-provision

class NamespaceAutoProvision : public testing::Test {
 protected:
  bool there(const std::string& ns) { return controller.host().contains("", "namespaces", "", ns); }
  Module module = load("namespace-auto-provision");
  Instance controller{module};
};

TEST_F(NamespaceAutoProvision, TheFirstObjectMakesItsNamespace) {
  EXPECT_TRUE(controller.admit(pod("{}")).admitted());
  EXPECT_TRUE(there("x"));
  EXPECT_TRUE(controller.admit(pod("{}")).admitted());
}

TEST_F(NamespaceAutoProvision, DryRunsAndQuestionsMakeNone) {
  Review dry = pod("{}");
  dry.dry_run = true;
  EXPECT_TRUE(controller.admit(dry).admitted());
  EXPECT_TRUE(
      controller.admit(in_group("authorization.k8s.io", "localsubjectaccessreviews", json("{}")))
          .admitted());
  EXPECT_FALSE(there("x"));
}

}  // namespace
}  // namespace limen::testkit
