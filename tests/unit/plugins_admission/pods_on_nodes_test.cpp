// Controllers about pods that get a node or have one: pod-topology-labels, pod-resize-validator.
#include "support.h"

namespace limen::testkit {
namespace {

void put_node(FakeHost& host, const std::string& labels, const std::string& allocatable = "{}") {
  host.put("", "nodes",
           json(R"({"metadata":{"name":"n1","labels":)" + labels + R"(},"status":{"allocatable":)" +
                allocatable + "}}"));
}

// ---- pod-topology-labels

class PodTopologyLabels : public testing::Test {
 protected:
  static Review binding(const std::string& target, const std::string& labels = "null") {
    Review review = of("pods", json(R"({"kind":"Binding","metadata":{"name":"p","labels":)" +
                                    labels + R"(},"target":)" + target + "}"));
    review.action.subresource = "binding";
    return review;
  }
  static Review pod(const std::string& spec, const std::string& labels = "{}") {
    return of("pods", json(R"({"metadata":{"labels":)" + labels + R"(},"spec":)" + spec + "}"));
  }
  std::string labels(const Review& review) {
    EXPECT_TRUE(controller.admits_idempotently(review));
    return at(controller.admit(review).object, "/metadata/labels");
  }
  Module module = load("pod-topology-labels");
  Instance controller{module};
};

constexpr const char* kOnNode = R"({"kind":"Node","name":"n1"})";
constexpr const char* kZoned =
    R"({"topology.kubernetes.io/zone":"z","topology.kubernetes.io/region":"r","disk":"ssd"})";
constexpr const char* kCopied =
    R"({"topology.kubernetes.io/region":"r","topology.kubernetes.io/zone":"z"})";

TEST_F(PodTopologyLabels, ABindingAndANewPodWithANodeTakeTheNodesZoneAndRegion) {
  put_node(controller.host(), kZoned);
  EXPECT_EQ(labels(binding(kOnNode)), kCopied);
  EXPECT_EQ(labels(pod(R"({"nodeName":"n1"})")), kCopied);
  EXPECT_EQ(labels(pod("{}")), "{}");
}

TEST_F(PodTopologyLabels, TheNodesLabelsWinAndOthersStay) {
  put_node(controller.host(), R"({"topology.kubernetes.io/zone":"z"})");
  EXPECT_EQ(
      labels(pod(R"({"nodeName":"n1"})", R"({"app":"a","topology.kubernetes.io/zone":"mine",)"
                                         R"("topology.kubernetes.io/region":"kept"})")),
      R"({"app":"a","topology.kubernetes.io/zone":"z","topology.kubernetes.io/region":"kept"})");
}

TEST_F(PodTopologyLabels, WhatIsNoNodeGivesNone) {
  EXPECT_EQ(labels(binding(kOnNode, "{}")), "{}");  // there is none yet
  put_node(controller.host(), kZoned);
  EXPECT_EQ(labels(binding(R"({"name":"n1"})", "{}")), "{}");
  EXPECT_EQ(labels(binding(R"({"kind":"Machine","name":"n1"})", "{}")), "{}");
  EXPECT_EQ(labels(binding(R"({"kind":"Node","name":"n2"})", "{}")), "{}");
  Review eviction = pod(R"({"nodeName":"n1"})");
  eviction.action.subresource = "eviction";
  EXPECT_EQ(labels(eviction), "{}");
}

// ---- pod-resize-validator

class PodResizeValidator : public testing::Test {
 protected:
  void SetUp() override {
    put_node(controller.host(), R"({"kubernetes.io/os":"linux"})", R"({"cpu":"2","memory":"1Gi"})");
  }
  static Json pod(const std::string& requests, const std::string& more = "",
                  const std::string& node = "n1") {
    return json(R"({"spec":{"nodeName":")" + node + R"(","containers":[{"resources":{"requests":)" +
                requests + "}}]" + more + "}}");
  }
  Reply resize(const Json& object) {
    Review review = update("pods", pod("{}"), object);
    review.action.subresource = "resize";
    return controller.validate(review);
  }
  Module module = load("pod-resize-validator");
  Instance controller{module};
};

TEST_F(PodResizeValidator, APodMayAskForAllOfItsNodeAndNoMore) {
  EXPECT_EQ(resize(pod(R"({"cpu":"2","memory":"1Gi","example.com/gpu":"9"})")).message, "");
  const Reply reply = resize(pod(R"({"cpu":"2001m","memory":"1"})"));
  EXPECT_EQ(reply.message,
            "Node didn't have enough allocatable resources: cpu, requested: 2001, allocatable: "
            "2000");
  EXPECT_EQ(reply.code, 403);
  EXPECT_EQ(reply.causes, (Pairs{{"NodeCapacity", ""}}));
  EXPECT_EQ(resize(pod(R"({"cpu":"3","memory":"1073741825"})")).message,
            "Node didn't have enough allocatable resources: cpu, requested: 3000, allocatable: "
            "2000; memory, requested: 1073741825, allocatable: 1073741824");
}

TEST_F(PodResizeValidator, TheWholePodCountsWithItsOverhead) {
  const std::string init = R"(,"initContainers":[{"resources":{"requests":{"cpu":"3"}}}])";
  EXPECT_NE(resize(pod(R"({"cpu":"1"})", init)).message, "");
  EXPECT_EQ(resize(pod(R"({"cpu":"1"})", R"(,"overhead":{"cpu":"1"})")).message, "");
  EXPECT_NE(resize(pod(R"({"cpu":"1"})", R"(,"overhead":{"cpu":"1001m"})")).message, "");
  EXPECT_NE(resize(pod(R"({"cpu":"1"})", R"(,"resources":{"requests":{"cpu":"3"}})")).message, "");
}

TEST_F(PodResizeValidator, OnlyResizesOfPodsOnNodesAreJudged) {
  EXPECT_EQ(resize(pod(R"({"cpu":"9"})", "", "")).message, "");
  Review same = update("pods", pod(R"({"cpu":"9"})"), pod(R"({"cpu":"9"})"));
  same.action.subresource = "resize";
  EXPECT_EQ(controller.validate(same).message, "");
  EXPECT_EQ(controller.validate(update("pods", pod("{}"), pod(R"({"cpu":"9"})"))).message, "");
}

TEST_F(PodResizeValidator, TheNodeHasToBeThereAndRunLinux) {
  EXPECT_EQ(resize(pod(R"({"cpu":"1"})", "", "n2")).message, R"(node "n2" not found)");
  put_node(controller.host(), R"({"kubernetes.io/os":"windows"})", R"({"cpu":"2","memory":"1Gi"})");
  const Reply reply = resize(pod(R"({"cpu":"1"})"));
  EXPECT_EQ(reply.message,
            R"(pod resize is only supported on linux nodes, node "n1" is "windows")");
  EXPECT_EQ(reply.causes, (Pairs{{"UnsupportedPlatform", ""}}));
  put_node(controller.host(), "{}", R"({"cpu":"2","memory":"1Gi"})");
  EXPECT_EQ(resize(pod(R"({"cpu":"1"})")).message,
            R"(pod resize is only supported on linux nodes, node "n1" is "")");
}

}  // namespace
}  // namespace limen::testkit
