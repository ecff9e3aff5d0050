#include "registry/lifecycle.h"

#include <gtest/gtest.h>

#include "object/metadata.h"

namespace limen::registry {
namespace {

using object::Json;

const catalog::Resource& find(std::string_view group, std::string_view version,
                              std::string_view resource) {
  const catalog::Resource* found = catalog::find_resource(group, version, resource);
  if (!found) throw std::runtime_error("no such resource in the catalog");
  return *found;
}
Json parse(std::string_view text) { return boost::json::parse(text); }

const request::Identity kAlice{"alice", "u-1", {"g1", "g2"}, {{"k", {"v"}}}};

TEST(Lifecycle, AGeneratedNameFitsALabel) {
  Json object = parse(R"({"metadata":{"generateName":")" + std::string(80, 'a') + "\"}}");
  generate_name(object);
  EXPECT_EQ(object::name(object).size(), 63u);
}

TEST(Lifecycle, AnIdentityIsTheServersWordInACertificateRequest) {
  const catalog::Resource& csrs = find("certificates.k8s.io", "v1", "certificatesigningrequests");
  Json csr =
      parse(R"({"metadata":{"name":"c"},"spec":{"username":"root","groups":["system:masters"],
                       "extra":{"a":["b"]},"uid":"0","request":"cg=="}})");
  prepare_create(csrs, strategy_for(csrs), csr, kAlice);
  EXPECT_EQ(csr.at("spec"), parse(R"({"request":"cg==","username":"alice","uid":"u-1",
                                      "groups":["g1","g2"],"extra":{"k":["v"]}})"));
}

TEST(Lifecycle, AJobSelectsItsOwnPods) {
  const catalog::Resource& jobs = find("batch", "v1", "jobs");
  Json job = parse(R"({"metadata":{"name":"j"},"spec":{"template":{"spec":{}}}})");
  prepare_create(jobs, strategy_for(jobs), job, kAlice);
  const std::string uid(object::uid(job));
  EXPECT_EQ(object::text_at(job.at("spec").at("selector").at("matchLabels"),
                            "batch.kubernetes.io/controller-uid"),
            uid);
  const auto labels = object::labels(job.at("spec").at("template"));
  EXPECT_EQ(labels.size(), 4u);
  EXPECT_EQ(labels.at(0).second, uid);
}

TEST(Lifecycle, AJobWithAManualSelectorIsLeftAlone) {
  const catalog::Resource& jobs = find("batch", "v1", "jobs");
  Json job =
      parse(R"({"metadata":{"name":"j"},"spec":{"manualSelector":true,"template":{"spec":{}}}})");
  prepare_create(jobs, strategy_for(jobs), job, kAlice);
  EXPECT_EQ(job.at("spec").as_object().count("selector"), 0u);
}

TEST(Lifecycle, DeploymentsCountAnnotationsToo) {
  const catalog::Resource& deployments = find("apps", "v1", "deployments");
  const Json old = parse(R"({"metadata":{"name":"d","generation":4},"spec":{"replicas":1}})");
  Json object = parse(R"({"metadata":{"name":"d","annotations":{"a":"b"}},"spec":{"replicas":1}})");
  prepare_update(deployments, strategy_for(deployments), Part::whole, object, old);
  EXPECT_EQ(object::generation(object), 5);
}

TEST(Lifecycle, KindsThatDoNotCountHaveNoGeneration) {
  const catalog::Resource& maps = find("", "v1", "configmaps");
  const Json old = parse(R"({"metadata":{"name":"c"},"data":{"a":"1"}})");
  Json object = parse(R"({"metadata":{"name":"c","generation":3},"data":{"a":"2"}})");
  prepare_update(maps, strategy_for(maps), Part::whole, object, old);
  EXPECT_EQ(object::generation(object), 0);
}

TEST(Lifecycle, AStatusWriteKeepsOwnersAndSpec) {
  const catalog::Resource& pods = find("", "v1", "pods");
  const Json old = parse(
      R"({"metadata":{"name":"p","ownerReferences":[{"uid":"o"}]},"spec":{"nodeName":"n"},
          "status":{"phase":"Pending"}})");
  Json object = parse(
      R"({"metadata":{"name":"p","labels":{"a":"b"}},"spec":{"nodeName":"m"},
          "status":{"phase":"Running"}})");
  prepare_update(pods, strategy_for(pods), Part::status, object, old);
  EXPECT_EQ(object.at("spec"), old.at("spec"));
  EXPECT_EQ(object::text_at(object.at("status"), "phase"), "Running");
  EXPECT_EQ(object.at("metadata").at("ownerReferences"), old.at("metadata").at("ownerReferences"));
  EXPECT_EQ(object::labels(object).size(), 1u);
}

TEST(Lifecycle, StatusOfOtherKindsMayWriteTheirOwners) {
  const catalog::Resource& nodes = find("", "v1", "nodes");
  const Json old = parse(R"({"metadata":{"name":"n"},"spec":{},"status":{}})");
  Json object = parse(R"({"metadata":{"name":"n","ownerReferences":[{"uid":"u"}]},"status":{}})");
  prepare_update(nodes, strategy_for(nodes), Part::status, object, old);
  EXPECT_EQ(object.at("metadata").at("ownerReferences").as_array().size(), 1u);
}

TEST(Lifecycle, ResizeWritesResourcesOnly) {
  const catalog::Resource& pods = find("", "v1", "pods");
  const Json old = parse(R"({"metadata":{"name":"p"},"spec":{"nodeName":"n",
                             "containers":[{"name":"c","image":"i"}]}})");
  Json object = parse(R"({"metadata":{"name":"p","labels":{"a":"b"}},"spec":{"nodeName":"m",
      "containers":[{"name":"c","image":"other","resources":{"limits":{"cpu":"1"}}}],
      "ephemeralContainers":[{"name":"e"}]}})");
  prepare_update(pods, strategy_for(pods), Part::resize, object, old);
  EXPECT_EQ(boost::json::serialize(object.at("spec")),
            R"({"nodeName":"n","containers":[{"name":"c","image":"i",)"
            R"("resources":{"limits":{"cpu":"1"}}}]})");
  EXPECT_TRUE(object::labels(object).empty());
}

TEST(Lifecycle, ResizeOfOtherContainersIsLeftForValidationToRefuse) {
  const catalog::Resource& pods = find("", "v1", "pods");
  const Json old = parse(R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}]}})");
  Json object = parse(R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"d"}]}})");
  prepare_update(pods, strategy_for(pods), Part::resize, object, old);
  EXPECT_EQ(boost::json::serialize(object.at("spec")), R"({"containers":[{"name":"d"}]})");
}

TEST(Lifecycle, EphemeralContainersThatAreLeftOutAreTakenAway) {
  const catalog::Resource& pods = find("", "v1", "pods");
  const Json old = parse(R"({"metadata":{"name":"p"},"spec":{"nodeName":"n",
                             "ephemeralContainers":[{"name":"e"}]}})");
  Json object = parse(R"({"metadata":{"name":"p"},"spec":{"nodeName":"m"}})");
  prepare_update(pods, strategy_for(pods), Part::ephemeral_containers, object, old);
  EXPECT_EQ(boost::json::serialize(object.at("spec")), R"({"nodeName":"n"})");
}

TEST(Lifecycle, RevisionsDoNotMakeContentDiffer) {
  const Json one = parse(R"({"metadata":{"name":"a","resourceVersion":"1"},"data":{"x":1,"y":2}})");
  const Json two = parse(R"({"data":{"y":2,"x":1},"metadata":{"name":"a","resourceVersion":"2"}})");
  EXPECT_TRUE(same_content(one, two));
  EXPECT_FALSE(same_content(one, parse(R"({"metadata":{"name":"a"},"data":{"x":1}})")));
  EXPECT_FALSE(same_content(one, parse(R"({"metadata":{"name":"a","uid":"u"},
                                           "data":{"x":1,"y":2}})")));
}

TEST(Lifecycle, ANamespaceIsCompleteWhenNobodyHoldsIt) {
  const catalog::Resource& namespaces = find("", "v1", "namespaces");
  const Json old = parse(R"({"metadata":{"name":"n","deletionTimestamp":"2026-01-01T00:00:00Z"}})");
  EXPECT_TRUE(completes_deletion(namespaces, parse(R"({"metadata":{"name":"n"},"spec":{}})"), old));
  EXPECT_FALSE(completes_deletion(
      namespaces, parse(R"({"metadata":{"name":"n"},"spec":{"finalizers":["kubernetes"]}})"), old));
}

TEST(Lifecycle, WhatRunsOutItsTimeIsNotComplete) {
  const catalog::Resource& pods = find("", "v1", "pods");
  const Json old = parse(R"({"metadata":{"name":"p","deletionTimestamp":"2026-01-01T00:00:00Z",
                             "deletionGracePeriodSeconds":30}})");
  EXPECT_FALSE(completes_deletion(pods, old, old));
}

TEST(Lifecycle, EventsAreNotGarbageCollected) {
  const catalog::Resource& events = find("", "v1", "events");
  const Json event = parse(R"({"metadata":{"name":"e"}})");
  EXPECT_FALSE(finalizers_for(strategy_for(events), event, Propagation::foreground));
}

TEST(Lifecycle, BackgroundTakesTheOtherWishesAway) {
  const catalog::Resource& maps = find("", "v1", "configmaps");
  const Json object =
      parse(R"({"metadata":{"name":"c","finalizers":["keep","orphan","foregroundDeletion"]}})");
  const auto wanted = finalizers_for(strategy_for(maps), object, Propagation::background);
  ASSERT_TRUE(wanted);
  EXPECT_EQ(*wanted, (std::vector<std::string>{"keep"}));
}

TEST(PodQuality, IsBestEffortWithoutAmountsAndBurstableWithSome) {
  const catalog::Resource& pods = find("", "v1", "pods");
  Json plain = parse(R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}]}})");
  prepare_create(pods, strategy_for(pods), plain, kAlice);
  EXPECT_EQ(object::text_at(plain.at("status"), "qosClass"), "BestEffort");
  Json some = parse(R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","resources":
                        {"requests":{"cpu":"100m"}}}]}})");
  prepare_create(pods, strategy_for(pods), some, kAlice);
  EXPECT_EQ(object::text_at(some.at("status"), "qosClass"), "Burstable");
}

}  // namespace
}  // namespace limen::registry
