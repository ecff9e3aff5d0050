// resource-quota: what counts for a quota, and what is refused with which words.
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "resource_quota_support.h"

namespace limen::testkit {
namespace {

using namespace std::chrono_literals;

TEST_F(ResourceQuota, WithoutAQuotaEverythingIsAllowed) { EXPECT_EQ(judge(pod()), ""); }

TEST_F(ResourceQuota, AnObjectIsChargedBeforeItIsAllowed) {
  quota(R"("pods":"2")", R"("pods":"1")");
  EXPECT_EQ(judge(pod()), "");
  EXPECT_EQ(used(), R"({"pods":"2"})");
}

TEST_F(ResourceQuota, WhatIsTooMuchIsRefusedAndChargesNothing) {
  quota(R"("pods":"1")", R"("pods":"1")");
  const Reply reply = controller().validate(pod());
  EXPECT_EQ(reply.message, "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1");
  EXPECT_EQ(reply.code, 403);
  EXPECT_EQ(used(), R"({"pods":"1"})");
}

TEST_F(ResourceQuota, OnlyWhatIsExceededIsTold) {
  quota(R"("pods":"9","requests.cpu":"1","limits.memory":"1Gi")",
        R"("pods":"1","requests.cpu":"900m","limits.memory":"1Gi")");
  EXPECT_EQ(judge(pod(R"({"requests":{"cpu":"200m"},"limits":{"memory":"64Mi"}})")),
            "exceeded quota: q, requested: limits.memory=64Mi,requests.cpu=200m, used: "
            "limits.memory=1Gi,requests.cpu=900m, limited: limits.memory=1Gi,requests.cpu=1");
}

TEST_F(ResourceQuota, AmountsOfPodsAreAddedUp) {
  quota(R"("cpu":"4","requests.cpu":"4","limits.cpu":"4","memory":"4Gi","requests.memory":"4Gi",)"
        R"("limits.memory":"4Gi","requests.ephemeral-storage":"1Gi","limits.ephemeral-storage":)"
        R"("1Gi","requests.hugepages-2Mi":"1Gi","requests.example.com/gpu":"4","count/pods":"3")",
        R"("cpu":"0","requests.cpu":"0","limits.cpu":"0","memory":"0","requests.memory":"0",)"
        R"("limits.memory":"0","requests.ephemeral-storage":"0","limits.ephemeral-storage":"0",)"
        R"("requests.hugepages-2Mi":"0","requests.example.com/gpu":"0","count/pods":"0")");
  const std::string all =
      R"({"requests":{"cpu":"100m","memory":"1Mi","ephemeral-storage":"2Mi","hugepages-2Mi":"4Mi",)"
      R"("example.com/gpu":"1"},"limits":{"cpu":"1","memory":"1Gi","ephemeral-storage":"3Mi"}})";
  EXPECT_EQ(judge(pod(all)), "");
  EXPECT_EQ(used(),
            R"({"count/pods":"1","cpu":"100m","limits.cpu":"1","limits.ephemeral-storage":"3Mi",)"
            R"("limits.memory":"1Gi","memory":"1Mi","requests.cpu":"100m",)"
            R"("requests.ephemeral-storage":"2Mi","requests.example.com/gpu":"1",)"
            R"("requests.hugepages-2Mi":"4Mi","requests.memory":"1Mi"})");
}

TEST_F(ResourceQuota, ContainersCountAsTheyRun) {
  const auto after = [&](const std::string& rest) {
    quota(R"("requests.cpu":"100")", R"("requests.cpu":"0")");
    EXPECT_EQ(judge(pod(R"({"requests":{"cpu":"1"}})", rest)), "");
    return used();
  };
  EXPECT_EQ(after(""), R"({"requests.cpu":"1"})");
  // One that ends before the others begin, and one that stays beside them.
  const std::string two = R"({"requests":{"cpu":"2"}})";
  EXPECT_EQ(after(R"(,"initContainers":[{"name":"i","resources":)" + two + "}]"),
            R"({"requests.cpu":"2"})");
  EXPECT_EQ(
      after(R"(,"initContainers":[{"name":"i","restartPolicy":"Always","resources":)" + two + "}]"),
      R"({"requests.cpu":"3"})");
  EXPECT_EQ(after(R"(,"overhead":{"cpu":"250m"})"), R"({"requests.cpu":"1250m"})");
  EXPECT_EQ(after(R"(,"resources":{"requests":{"cpu":"5"}})"), R"({"requests.cpu":"5"})");
}

TEST_F(ResourceQuota, AQuotaOfCpuOrMemoryMakesEveryContainerSayIts) {
  quota(R"("limits.cpu":"1","requests.memory":"1Gi","requests.ephemeral-storage":"1")",
        R"("limits.cpu":"0","requests.memory":"0","requests.ephemeral-storage":"0")");
  EXPECT_EQ(judge(pod()),
            "failed quota: q: must specify limits.cpu for: c; requests.memory for: c");
  EXPECT_EQ(judge(pod(R"({"requests":{"memory":"1Mi"},"limits":{"cpu":"1m"}})",
                      R"(,"initContainers":[{"name":"b"},{"name":"a"}])")),
            "failed quota: q: must specify limits.cpu for: a,b; requests.memory for: a,b");
}

TEST_F(ResourceQuota, APodThatHasEndedCountsOnlyAsAnObject) {
  quota(R"("pods":"0","count/pods":"5")", R"("pods":"0","count/pods":"1")");
  Review done = pod();
  done.object.as_object()["status"] = {{"phase", "Succeeded"}};
  EXPECT_EQ(judge(done), "");
  EXPECT_EQ(used(), R"({"count/pods":"2","pods":"0"})");
}

TEST_F(ResourceQuota, ADryRunIsJudgedAndChargesNothing) {
  quota(R"("pods":"2")", R"("pods":"1")");
  Review review = pod();
  review.dry_run = true;
  EXPECT_EQ(judge(review), "");
  EXPECT_EQ(used(), R"({"pods":"1"})");
  quota(R"("pods":"1")", R"("pods":"1")");
  EXPECT_EQ(judge(review), "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1");
}

TEST_F(ResourceQuota, EveryQuotaOfTheNamespaceIsKept) {
  quota(R"("pods":"2")", R"("pods":"0")", "a");
  quota(R"("count/pods":"1")", R"("count/pods":"0")", "b");
  EXPECT_EQ(judge(pod()), "");
  EXPECT_EQ(used("a"), R"({"pods":"1"})");
  EXPECT_EQ(used("b"), R"({"count/pods":"1"})");
  EXPECT_EQ(
      judge(pod()),
      "exceeded quota: b, requested: count/pods=1, used: count/pods=1, limited: count/pods=1");
  EXPECT_EQ(used("a"), R"({"pods":"1"})");
}

TEST_F(ResourceQuota, QuotasOfOtherNamespacesDoNotCount) {
  put("q", R"("spec":{"hard":{"pods":"0"}},"status":{"hard":{"pods":"0"},"used":{"pods":"0"}})",
      "y");
  EXPECT_EQ(judge(pod()), "");
}

TEST_F(ResourceQuota, ObjectsOfEveryResourceCanBeCounted) {
  quota(R"("configmaps":"1","count/deployments.apps":"1","count/widgets.example.com":"1",)"
        R"("secrets":"1","count/secrets":"1","resourcequotas":"1","replicationcontrollers":"1")",
        R"("configmaps":"0","count/deployments.apps":"0","count/widgets.example.com":"0",)"
        R"("secrets":"0","count/secrets":"1","resourcequotas":"1","replicationcontrollers":"1")");
  const Json plain = json(R"({"metadata":{"name":"n"}})");
  EXPECT_EQ(judge(of("configmaps", plain)), "");
  EXPECT_EQ(
      judge(of("configmaps", plain)),
      "exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1");
  EXPECT_EQ(judge(in_group("apps", "deployments", plain)), "");
  EXPECT_EQ(judge(in_group("apps", "deployments", plain)),
            "exceeded quota: q, requested: count/deployments.apps=1, used: "
            "count/deployments.apps=1, limited: count/deployments.apps=1");
  EXPECT_EQ(judge(in_group("example.com", "widgets", plain)), "");
  EXPECT_NE(judge(in_group("example.com", "widgets", plain)), "");
  EXPECT_EQ(judge(of("secrets", plain)),
            "exceeded quota: q, requested: count/secrets=1, used: count/secrets=1, limited: "
            "count/secrets=1");
  EXPECT_NE(judge(of("resourcequotas", plain)), "");
  EXPECT_NE(judge(of("replicationcontrollers", plain)), "");
  // Others are not counted, nor is what changes one.
  EXPECT_EQ(judge(of("serviceaccounts", plain)), "");
  EXPECT_EQ(judge(changed(of("configmaps", plain), plain)), "");
}

TEST_F(ResourceQuota, EventsAndSubresourcesAreNotCounted) {
  quota(R"("count/events":"0","pods":"0","services":"0")",
        R"("count/events":"0","pods":"0","services":"0")");
  EXPECT_EQ(judge(of("events", json(R"({"metadata":{"name":"n"}})"))), "");
  for (const char* sub : {"binding", "eviction", "status", "ephemeralcontainers"}) {
    Review review = pod();
    review.action.subresource = sub;
    EXPECT_EQ(judge(review), "") << sub;
  }
  Review status = service("{}");
  status.action.subresource = "status";
  EXPECT_EQ(judge(changed(status, status.object)), "");
}

TEST_F(ResourceQuota, ServicesCountTheirPortsAndBalancers) {
  const auto after = [&](const std::string& spec) {
    quota(R"("services":"9","services.loadbalancers":"9","services.nodeports":"9")",
          R"("services":"0","services.loadbalancers":"0","services.nodeports":"0")");
    EXPECT_EQ(judge(service(spec)), "");
    return used();
  };
  const std::string ports = R"("ports":[{"port":1},{"port":2,"nodePort":30000}]})";
  EXPECT_EQ(after(R"({"type":"ClusterIP",)" + ports),
            R"({"services":"1","services.loadbalancers":"0","services.nodeports":"0"})");
  EXPECT_EQ(after(R"({"type":"NodePort",)" + ports),
            R"({"services":"1","services.loadbalancers":"0","services.nodeports":"2"})");
  EXPECT_EQ(after(R"({"type":"LoadBalancer",)" + ports),
            R"({"services":"1","services.loadbalancers":"1","services.nodeports":"2"})");
  EXPECT_EQ(after(R"({"type":"LoadBalancer","allocateLoadBalancerNodePorts":false,)" + ports),
            R"({"services":"1","services.loadbalancers":"1","services.nodeports":"1"})");
}

TEST_F(ResourceQuota, AnUpdateIsChargedWithWhatIsMore) {
  quota(R"("services":"1","services.loadbalancers":"1","services.nodeports":"2")",
        R"("services":"1","services.loadbalancers":"0","services.nodeports":"1")");
  const Json one = service(R"({"type":"NodePort","ports":[{"port":1}]})").object;
  EXPECT_EQ(
      judge(changed(service(R"({"type":"LoadBalancer","ports":[{"port":1},{"port":2}]})"), one)),
      "");
  EXPECT_EQ(used(), R"({"services":"1","services.loadbalancers":"1","services.nodeports":"2"})");
  EXPECT_EQ(
      judge(changed(service(R"({"type":"LoadBalancer","ports":[{"port":1},{"port":2}]})"), one)),
      "exceeded quota: q, requested: services.loadbalancers=1,services.nodeports=1, used: "
      "services.loadbalancers=1,services.nodeports=2, limited: "
      "services.loadbalancers=1,services.nodeports=2");
  // Less gives nothing back here: housekeeping does.
  EXPECT_EQ(judge(changed(service(R"({"type":"ClusterIP"})"), one)), "");
  EXPECT_EQ(used(), R"({"services":"1","services.loadbalancers":"1","services.nodeports":"2"})");
}

TEST_F(ResourceQuota, AnUpdateThatStoresANewObjectIsChargedWithAll) {
  quota(R"("services":"1")", R"("services":"1")");
  Review review = changed(service("{}"), service("{}").object);
  review.old_object.as_object().at("metadata").as_object().erase("resourceVersion");
  EXPECT_EQ(judge(review),
            "exceeded quota: q, requested: services=1, used: services=1, limited: services=1");
}

TEST_F(ResourceQuota, ClaimsCountBySizeAndClass) {
  const std::string names = R"("persistentvolumeclaims":"9","requests.storage":"5Gi",)"
                            R"("gold.storageclass.storage.k8s.io/requests.storage":"3Gi",)"
                            R"("gold.storageclass.storage.k8s.io/persistentvolumeclaims":"9")";
  quota(names, R"("persistentvolumeclaims":"0","requests.storage":"0",)"
               R"("gold.storageclass.storage.k8s.io/requests.storage":"0",)"
               R"("gold.storageclass.storage.k8s.io/persistentvolumeclaims":"0")");
  const std::string size = R"("resources":{"requests":{"storage":"2Gi"}}})";
  EXPECT_EQ(judge(claim(R"({"storageClassName":"gold",)" + size)), "");
  EXPECT_EQ(judge(claim(R"({"storageClassName":"iron",)" + size)), "");
  EXPECT_EQ(used(), R"({"gold.storageclass.storage.k8s.io/persistentvolumeclaims":"1",)"
                    R"("gold.storageclass.storage.k8s.io/requests.storage":"2Gi",)"
                    R"("persistentvolumeclaims":"2","requests.storage":"4Gi"})");
  EXPECT_EQ(judge(claim(R"({"storageClassName":"gold",)" + size)),
            "exceeded quota: q, requested: "
            "gold.storageclass.storage.k8s.io/requests.storage=2Gi,requests.storage=2Gi, used: "
            "gold.storageclass.storage.k8s.io/requests.storage=2Gi,requests.storage=4Gi, limited: "
            "gold.storageclass.storage.k8s.io/requests.storage=3Gi,requests.storage=5Gi");
  const Json old = claim(R"({"storageClassName":"iron",)" + size).object;
  const Review grown =
      claim(R"({"storageClassName":"iron","resources":{"requests":{"storage":"3Gi"}}})");
  EXPECT_EQ(judge(changed(grown, old)), "");
  EXPECT_EQ(judge(changed(grown, old)),
            "exceeded quota: q, requested: requests.storage=1Gi, used: requests.storage=5Gi, "
            "limited: requests.storage=5Gi");
}

TEST_F(ResourceQuota, BytesOfAClaimAreWhole) {
  quota(R"("requests.storage":"5Gi")", R"("requests.storage":"0")");
  EXPECT_EQ(judge(claim(R"({"resources":{"requests":{"storage":"100m"}}})")), "");
  EXPECT_EQ(used(), R"({"requests.storage":"1"})");
}

TEST_F(ResourceQuota, WhatAControllerTellsOfAClaimIsChargedThoughItExceeds) {
  quota(R"("requests.storage":"1Gi")", R"("requests.storage":"1Gi")");
  const std::string spec = R"({"resources":{"requests":{"storage":"1Gi"}}})";
  Review status = claim(spec, R"(,"status":{"allocatedResources":{"storage":"2Gi"}})");
  status.action.subresource = "status";
  EXPECT_EQ(judge(changed(status, claim(spec).object)), "");
  EXPECT_EQ(used(), R"({"requests.storage":"2Gi"})");
}

TEST_F(ResourceQuota, DevicesCountByTheirClass) {
  quota(
      R"("count/resourceclaims.resource.k8s.io":"9","gpu.deviceclass.resource.k8s.io/devices":"40")",
      R"("count/resourceclaims.resource.k8s.io":"0","gpu.deviceclass.resource.k8s.io/devices":"0")");
  const auto devices = [&](const std::string& request) {
    return judge(in_group(
        "resource.k8s.io", "resourceclaims",
        json(R"({"metadata":{"name":"n"},"spec":{"devices":{"requests":[)" + request + "]}}}")));
  };
  EXPECT_EQ(
      devices(R"({"exactly":{"deviceClassName":"gpu","allocationMode":"ExactCount","count":3}})"),
      "");
  EXPECT_EQ(devices(R"({"deviceClassName":"gpu","count":2})"), "");
  EXPECT_EQ(devices(R"({"firstAvailable":[{"deviceClassName":"gpu","count":1},)"
                    R"({"deviceClassName":"gpu","count":2},{"deviceClassName":"tpu"}]})"),
            "");
  EXPECT_EQ(used(), R"({"count/resourceclaims.resource.k8s.io":"3",)"
                    R"("gpu.deviceclass.resource.k8s.io/devices":"7"})");
  EXPECT_EQ(devices(R"({"exactly":{"deviceClassName":"gpu","allocationMode":"All"}})"), "");
  EXPECT_EQ(devices(R"({"exactly":{"deviceClassName":"gpu","allocationMode":"All"}})"),
            "exceeded quota: q, requested: gpu.deviceclass.resource.k8s.io/devices=32, used: "
            "gpu.deviceclass.resource.k8s.io/devices=39, limited: "
            "gpu.deviceclass.resource.k8s.io/devices=40");
}

TEST_F(ResourceQuota, AResizeIsChargedWithWhatIsMore) {
  quota(R"("requests.cpu":"3")", R"("requests.cpu":"1")");
  Review resize = pod(R"({"requests":{"cpu":"2"}})");
  resize.action.subresource = "resize";
  const Json old = pod(R"({"requests":{"cpu":"1"}})").object;
  EXPECT_EQ(judge(changed(resize, old)), "");
  EXPECT_EQ(used(), R"({"requests.cpu":"2"})");
  resize.object = pod(R"({"requests":{"cpu":"3"}})").object;
  EXPECT_EQ(judge(changed(resize, old)),
            "exceeded quota: q, requested: requests.cpu=2, used: requests.cpu=2, limited: "
            "requests.cpu=3");
}

TEST_F(ResourceQuota, WhileAResizeIsUnderWayTheLargerAmountCounts) {
  quota(R"("requests.cpu":"9","limits.cpu":"9")", R"("requests.cpu":"0","limits.cpu":"0")");
  Review review = pod(R"({"requests":{"cpu":"1"},"limits":{"cpu":"1"}})");
  review.object.as_object()["status"] =
      json(R"({"containerStatuses":[{"name":"c","allocatedResources":{"cpu":"2"},)"
           R"("resources":{"requests":{"cpu":"3"},"limits":{"cpu":"4"}}}]})");
  EXPECT_EQ(judge(review), "");
  EXPECT_EQ(used(), R"({"limits.cpu":"4","requests.cpu":"3"})");
}

TEST_F(ResourceQuota, AQuotaIsAboutThePodsInItsScopes) {
  struct Case {
    const char* scopes;
    Review in, out;
  };
  const std::string some = R"({"requests":{"cpu":"1"}})";
  const std::string across =
      R"(,"affinity":{"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":)"
      R"([{"podAffinityTerm":{"namespaceSelector":{}}}]}})";
  const std::string high = R"(,"priorityClassName":"high")";
  const std::string low = R"(,"priorityClassName":"low")";
  const std::string deadline = R"(,"activeDeadlineSeconds":0)";
  const auto by_class = [](const std::string& rest) {
    return R"("scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass",)" + rest + "}]}";
  };
  const std::string in = by_class(R"("operator":"In","values":["high"])"),
                    not_in = by_class(R"("operator":"NotIn","values":["high"])"),
                    exists = by_class(R"("operator":"Exists")"),
                    absent = by_class(R"("operator":"DoesNotExist")");
  const std::vector<Case> cases = {
      {R"("scopes":["BestEffort"])", pod(), pod(some)},
      {R"("scopes":["NotBestEffort"])", pod(some), pod()},
      {R"("scopes":["Terminating"])", pod("{}", deadline), pod()},
      {R"("scopes":["NotTerminating"])", pod(), pod("{}", deadline)},
      {R"("scopes":["NotTerminating","BestEffort"])", pod(), pod(some)},
      {R"("scopes":["CrossNamespacePodAffinity"])", pod("{}", across), pod()},
      {R"("scopes":["PriorityClass"])", pod("{}", high), pod()},
      {in.c_str(), pod("{}", high), pod("{}", low)},
      {not_in.c_str(), pod(), pod("{}", high)},
      {exists.c_str(), pod("{}", low), pod()},
      {absent.c_str(), pod(), pod("{}", low)},
  };
  for (const Case& one : cases) {
    quota(R"("pods":"1")", R"("pods":"1")", "q", std::string(",") + one.scopes);
    EXPECT_EQ(judge(one.in), "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1")
        << one.scopes;
    EXPECT_EQ(judge(one.out), "") << one.scopes;
  }
}

TEST_F(ResourceQuota, AQuotaWithAScopeIsAboutNoOtherObjects) {
  quota(R"("pods":"0","configmaps":"0")", R"("pods":"0","configmaps":"0")", "q",
        R"(,"scopes":["NotBestEffort"])");
  EXPECT_EQ(judge(of("configmaps", json(R"({"metadata":{"name":"n"}})"))), "");
}

TEST_F(ResourceQuota, ClaimsAreInTheScopeOfTheirAttributesClass) {
  quota(R"("persistentvolumeclaims":"0")", R"("persistentvolumeclaims":"0")", "q",
        R"(,"scopeSelector":{"matchExpressions":[{"scopeName":"VolumeAttributesClass",)"
        R"("operator":"In","values":["fast"]}]})");
  EXPECT_NE(judge(claim(R"({"volumeAttributesClassName":"fast"})")), "");
  EXPECT_EQ(judge(claim(R"({"volumeAttributesClassName":"slow"})")), "");
  EXPECT_NE(judge(claim("{}", R"(,"status":{"currentVolumeAttributesClassName":"fast"})")), "");
}

TEST_F(ResourceQuota, AnObjectThatComesIntoAScopeIsChargedWithAll) {
  quota(R"("persistentvolumeclaims":"1","requests.storage":"9Gi")",
        R"("persistentvolumeclaims":"0","requests.storage":"0")", "q",
        R"(,"scopeSelector":{"matchExpressions":[{"scopeName":"VolumeAttributesClass",)"
        R"("operator":"In","values":["fast"]}]})");
  const std::string size = R"("resources":{"requests":{"storage":"1Gi"}}})";
  EXPECT_EQ(judge(changed(claim(R"({"volumeAttributesClassName":"fast",)" + size),
                          claim(R"({"volumeAttributesClassName":"slow",)" + size).object)),
            "");
  EXPECT_EQ(used(), R"({"persistentvolumeclaims":"1","requests.storage":"1Gi"})");
}

TEST_F(ResourceQuota, AQuotaThatHousekeepingHasNotGotToAllowsNothing) {
  put("q", R"("spec":{"hard":{"pods":"1","configmaps":"1"}})");
  EXPECT_EQ(judge(pod()), "status unknown for quota: q, resources: pods");
  EXPECT_EQ(judge(service("{}")), "");
  put("q", R"("spec":{"hard":{"pods":"5"}},"status":{"hard":{"pods":"5"}})");
  EXPECT_EQ(judge(pod()), "status unknown for quota: q, resources: pods");
}

TEST_F(ResourceQuota, AWriteWaitsAWhileForHousekeeping) {
  put("q", R"("spec":{"hard":{"pods":"1"}})");
  const auto began = controller().host().now();
  controller().host().later(50ms, [&] { quota(R"("pods":"1")", R"("pods":"0")"); });
  EXPECT_EQ(judge(pod()), "");
  EXPECT_EQ(used(), R"({"pods":"1"})");
  EXPECT_EQ(controller().host().now(), began + 50ms);
}

TEST_F(ResourceQuota, AChangedQuotaCountsAsItWasWhenHousekeepingStaysAway) {
  put("q", R"("spec":{"hard":{"pods":"9"}},"status":{"hard":{"pods":"1"},"used":{"pods":"1"}})");
  EXPECT_EQ(judge(pod()), "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1");
}

TEST_F(ResourceQuota, ANegativeAmountIsRefused) {
  quota(R"("requests.cpu":"1")", R"("requests.cpu":"0")");
  EXPECT_EQ(judge(pod(R"({"requests":{"cpu":"-1"}})")),
            "quota usage is negative for resource(s): cpu,requests.cpu");
}

// ---- limitedResources

class LimitedResources : public ResourceQuota {
 protected:
  LimitedResources() {
    options.config = json(
        R"({"limitedResources":[{"resource":"pods","matchContains":["example.com/gpu","pods"],)"
        R"("matchScopes":[{"scopeName":"PriorityClass","operator":"In","values":["high"]}]},)"
        R"({"apiGroup":"apps","resource":"deployments","matchContains":["count/"]}]})");
  }
};

TEST_F(LimitedResources, WhatNoQuotaCoversIsRefused) {
  EXPECT_EQ(judge(pod(R"({"requests":{"example.com/gpu":"1"}})")),
            "insufficient quota to consume: count/pods,pods,requests.example.com/gpu");
  EXPECT_EQ(judge(in_group("apps", "deployments", json(R"({"metadata":{"name":"n"}})"))),
            "insufficient quota to consume: count/deployments.apps");
  EXPECT_EQ(judge(of("configmaps", json(R"({"metadata":{"name":"n"}})"))), "");
}

TEST_F(LimitedResources, WhatQuotasCoverTogetherIsAllowed) {
  quota(R"("pods":"9","requests.example.com/gpu":"9")",
        R"("pods":"0","requests.example.com/gpu":"0")", "a");
  quota(R"("count/pods":"9")", R"("count/pods":"0")", "b");
  EXPECT_EQ(judge(pod(R"({"requests":{"example.com/gpu":"1"}})")), "");
  // Also when only one of them has to be charged again.
  int writes = 0;
  controller().host().before_status_write([&] {
    if (++writes == 2) bump("b");
  });
  EXPECT_EQ(judge(pod(R"({"requests":{"example.com/gpu":"1"}})")), "");
}

TEST_F(LimitedResources, AScopeThatNoQuotaIsAboutIsRefused) {
  quota(R"("pods":"9","count/pods":"9")", R"("pods":"0","count/pods":"0")");
  const Review high = pod("{}", R"(,"priorityClassName":"high")");
  const Reply reply = controller().validate(high);
  EXPECT_EQ(reply.message, "insufficient quota to match these scopes: [{PriorityClass In [high]}]");
  EXPECT_EQ(reply.code, 500);
  quota(R"("pods":"9")", R"("pods":"0")", "high",
        R"(,"scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"In",)"
        R"("values":["high"]}]})");
  EXPECT_EQ(judge(high), "");
  EXPECT_EQ(used("high"), R"({"pods":"1"})");
}

}  // namespace
}  // namespace limen::testkit
