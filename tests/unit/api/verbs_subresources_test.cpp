// scale, binding and eviction.
#include "unit/api/verbs_controllers.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

class SubresourceTest : public ApiTest {
 protected:
  const std::string web = "/apis/apps/v1/namespaces/default/deployments/web";
  void SetUp() override {
    store.put({"apps", "deployments"},
              R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":2,
                  "selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":
                  {"app":"web"}},"spec":{"containers":[{"name":"c","image":"i"}]}}},
                  "status":{"replicas":1},
                  "metadata":{"name":"web","namespace":"default","uid":"u-web","generation":1}})");
  }
  void put_pod(const std::string& spec = "", const std::string& phase = "Running",
               const std::string& ready = "True") {
    const std::string conditions =
        phase == "Running" ? R"(,"conditions":[{"type":"Ready","status":")" + ready + "\"}]" : "";
    store.put({"", "pods"}, R"({"apiVersion":"v1","kind":"Pod","spec":{)" + spec +
                                R"("containers":[{"name":"c","image":"i"}]},"status":{"phase":")" +
                                phase + "\"" + conditions +
                                R"(},"metadata":{"name":"p","namespace":"default","uid":"u-p",
                                "labels":{"app":"web"}}})");
  }
  void put_budget(int allowed, const std::string& name = "b", int healthy = 1,
                  const std::string& more_spec = "") {
    store.put(
        {"policy", "poddisruptionbudgets"},
        R"({"apiVersion":"policy/v1","kind":"PodDisruptionBudget","spec":{"minAvailable":1,)" +
            more_spec +
            R"("selector":{"matchLabels":{"app":"web"}}},"status":{"observedGeneration":1,
                  "disruptionsAllowed":)" +
            std::to_string(allowed) + R"(,"currentHealthy":)" + std::to_string(healthy) +
            R"(,"desiredHealthy":1,"expectedPods":1},
                  "metadata":{"name":")" +
            name + R"(","namespace":"default","uid":"u-b","generation":1}})");
  }
  const std::string budget_path = "/apis/policy/v1/namespaces/default/poddisruptionbudgets/b";
  static std::string binding(const std::string& node) {
    return R"({"apiVersion":"v1","kind":"Binding","metadata":{"name":"p"},"target":{"kind":"Node",
               "name":")" +
           node + R"("}})";
  }
  Answered evict() {
    return call("POST", pods + "/p/eviction",
                R"({"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"}})");
  }
};

TEST_F(SubresourceTest, AScaleShowsReplicasAndSelector) {
  const Answered answered = call("GET", web + "/scale");
  EXPECT_EQ(answered.at("kind"), "Scale");
  EXPECT_EQ(answered.at("apiVersion"), "autoscaling/v1");
  EXPECT_EQ(answered.at("spec.replicas"), "2");
  EXPECT_EQ(answered.at("status.replicas"), "1");
  EXPECT_EQ(answered.at("status.selector"), "app=web");
  EXPECT_EQ(answered.at("metadata.resourceVersion"), "2");
}

TEST_F(SubresourceTest, APatchedScaleSetsTheReplicas) {
  const Answered answered = call("PATCH", web + "/scale", R"({"spec":{"replicas":5}})",
                                 {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(answered.status, 200) << answered.text;
  EXPECT_EQ(answered.at("spec.replicas"), "5");
  const Answered deployment = call("GET", web);
  EXPECT_EQ(deployment.at("spec.replicas"), "5");
  EXPECT_EQ(deployment.at("metadata.generation"), "2");
}

TEST_F(SubresourceTest, AScaleOfAnOldRevisionIsAConflict) {
  const std::string scale =
      R"({"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web",
          "namespace":"default","resourceVersion":"1"},"spec":{"replicas":4}})";
  EXPECT_EQ(call("PUT", web + "/scale", scale).status, 409);
  EXPECT_EQ(call("GET", web).at("spec.replicas"), "2");
}

TEST_F(SubresourceTest, ReplicasAreNotNegative) {
  const Answered answered = call("PATCH", web + "/scale", R"({"spec":{"replicas":-1}})",
                                 {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(answered.message(),
            "Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1: must be "
            "greater than or equal to 0");
}

TEST_F(SubresourceTest, AScaleToZeroIsZero) {
  call("PATCH", web + "/scale", R"({"spec":{"replicas":0}})",
       {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(call("GET", web).at("spec.replicas"), "0");
}

TEST_F(SubresourceTest, ABindingGivesAPodItsNode) {
  put_pod("", "Pending");
  const Answered answered = call("POST", pods + "/p/binding", binding("n1"));
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("status"), "Success");
  const Answered pod = call("GET", pods + "/p");
  EXPECT_EQ(pod.at("spec.nodeName"), "n1");
  EXPECT_EQ(object::text_at(pod.json.at("status").at("conditions").at(0), "type"), "PodScheduled");
}

TEST_F(SubresourceTest, ABindingsLabelsAndAnnotationsBecomeThePods) {
  put_pod("", "Pending");
  const Answered answered =
      call("POST", pods + "/p/binding",
           R"({"apiVersion":"v1","kind":"Binding","target":{"kind":"Node","name":"n1"},
               "metadata":{"name":"p","labels":{"app":"other","zone":"z"},"annotations":{"a":"b"}}})");
  EXPECT_EQ(answered.status, 201) << answered.text;
  const Answered pod = call("GET", pods + "/p");
  EXPECT_EQ(pod.at("metadata.labels"), R"({"app":"other","zone":"z"})");
  EXPECT_EQ(pod.at("metadata.annotations"), R"({"a":"b"})");
}

TEST_F(SubresourceTest, APodIsBoundOnce) {
  put_pod(R"("nodeName":"n1",)");
  const Answered answered = call("POST", pods + "/p/binding", binding("n2"));
  EXPECT_EQ(answered.status, 409);
  EXPECT_EQ(answered.message(),
            "Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to "
            "node \"n1\"");
}

TEST_F(SubresourceTest, ABindingNamesItsNode) {
  put_pod("", "Pending");
  EXPECT_EQ(call("POST", pods + "/p/binding", binding("")).status, 422);
}

TEST_F(SubresourceTest, TheOldBindingsWork) {
  put_pod("", "Pending");
  EXPECT_EQ(call("POST", "/api/v1/namespaces/default/bindings", binding("n1")).status, 201);
  EXPECT_EQ(call("GET", pods + "/p").at("spec.nodeName"), "n1");
}

TEST_F(SubresourceTest, AnEvictionWithoutABudgetDeletes) {
  put_pod();
  EXPECT_EQ(evict().status, 201);
  EXPECT_EQ(call("GET", pods + "/p").status, 404);
}

TEST_F(SubresourceTest, AnEvictionTakesADisruptionFromTheBudget) {
  put_pod();
  put_budget(1);
  const Answered answered = evict();
  EXPECT_EQ(answered.status, 201) << answered.text;
  const Answered budget = call("GET", "/apis/policy/v1/namespaces/default/poddisruptionbudgets/b");
  EXPECT_EQ(budget.at("status.disruptionsAllowed"), "0");
  EXPECT_NE(budget.at("status.disruptedPods.p"), "");
}

TEST_F(SubresourceTest, AnEvictionThatWouldViolateTheBudgetIsRefused) {
  put_pod();
  put_budget(0);
  const Answered answered = evict();
  EXPECT_EQ(answered.status, 429);
  EXPECT_EQ(answered.message(),
            "Cannot evict pod as it would violate the pod's disruption budget.");
  const object::Json cause = answered.json.at("details").at("causes").at(0);
  EXPECT_EQ(object::text_at(cause, "reason"), "DisruptionBudget");
  EXPECT_EQ(object::text_at(cause, "message"),
            "The disruption budget b needs 1 healthy pods and has 1 currently");
  EXPECT_EQ(call("GET", pods + "/p").status, 200);
}

TEST_F(SubresourceTest, TwoBudgetsForOnePodAreNotSupported) {
  put_pod();
  put_budget(1);
  put_budget(1, "c");
  const Answered answered = evict();
  EXPECT_EQ(answered.status, 500);
  EXPECT_EQ(answered.message(),
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does "
            "not support.");
  EXPECT_EQ(answered.reason(), "");
}

TEST_F(SubresourceTest, ABudgetThatIsUsedUpSaysSo) {
  put_pod();
  put_budget(1);
  evict();
  const Answered budget = call("GET", budget_path);
  const object::Json condition = budget.json.at("status").at("conditions").at(0);
  EXPECT_EQ(object::text_at(condition, "type"), "DisruptionAllowed");
  EXPECT_EQ(object::text_at(condition, "status"), "False");
  EXPECT_EQ(object::text_at(condition, "reason"), "InsufficientPods");
}

TEST_F(SubresourceTest, ABudgetThatIsNotUpToDateIsWaitedFor) {
  put_pod();
  put_budget(1);
  call("PATCH", budget_path, R"({"spec":{"minAvailable":2}})",
       {{"Content-Type", "application/merge-patch+json"}});
  const Answered answered = evict();
  EXPECT_EQ(answered.status, 429);
  EXPECT_EQ(object::text_at(answered.json.at("details").at("causes").at(0), "message"),
            "The disruption budget b is still being processed by the server.");
  EXPECT_EQ(answered.at("details.retryAfterSeconds"), "10");
}

TEST_F(SubresourceTest, ADryRunOfAnEvictionAsksAndChangesNothing) {
  put_pod();
  put_budget(1);
  const std::string eviction =
      R"({"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"}})";
  EXPECT_EQ(call("POST", pods + "/p/eviction?dryRun=All", eviction).status, 201);
  EXPECT_EQ(call("GET", pods + "/p").status, 200);
  EXPECT_EQ(call("GET", budget_path).at("status.disruptionsAllowed"), "1");
  put_budget(0);
  EXPECT_EQ(call("POST", pods + "/p/eviction?dryRun=All", eviction).status, 429);
}

TEST_F(SubresourceTest, APodThatIsNotReadyGoesUncountedFromAHealthyApplication) {
  put_pod("", "Running", "False");
  put_budget(0);
  EXPECT_EQ(evict().status, 201);
  EXPECT_EQ(call("GET", pods + "/p").status, 404);
  EXPECT_EQ(call("GET", budget_path).at("status.disruptionsAllowed"), "0");
}

TEST_F(SubresourceTest, APodThatIsNotReadyIsGuardedInAnUnhealthyApplication) {
  put_pod("", "Running", "False");
  put_budget(0, "b", 0);
  EXPECT_EQ(evict().status, 429);
  put_budget(0, "b", 0, R"("unhealthyPodEvictionPolicy":"AlwaysAllow",)");
  EXPECT_EQ(evict().status, 201);
}

TEST_F(SubresourceTest, APodThatHasEndedOrNotBegunNeedsNoLeave) {
  for (const char* phase : {"Succeeded", "Failed", "Pending"}) {
    put_pod("", phase);
    put_budget(0);
    EXPECT_EQ(evict().status, 201) << phase;
    EXPECT_EQ(call("GET", pods + "/p").status, 404) << phase;
  }
}

TEST_F(SubresourceTest, APodThatBeginsToRunMeanwhileIsAskedFor) {
  put_pod("", "Pending");
  put_budget(0);
  store.before_write = [this] { put_pod(); };
  EXPECT_EQ(evict().status, 429);
  EXPECT_EQ(call("GET", pods + "/p").status, 200);
}

TEST_F(SubresourceTest, APodThatBecomesReadyMeanwhileIsTriedLater) {
  put_pod("", "Running", "False");
  put_budget(0);
  store.before_write = [this] { put_pod(); };
  EXPECT_EQ(evict().status, 429);
}

TEST_F(SubresourceTest, AnEvictionHonoursItsPreconditions) {
  put_pod();
  const Answered answered =
      call("POST", pods + "/p/eviction",
           R"({"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"},
               "deleteOptions":{"preconditions":{"uid":"other"}}})");
  EXPECT_EQ(answered.status, 409);
  EXPECT_EQ(call("GET", pods + "/p").status, 200);
}

TEST_F(SubresourceTest, AnEvictionOfAnOlderClientIsTaken) {
  put_pod();
  EXPECT_EQ(call("POST", pods + "/p/eviction",
                 R"({"apiVersion":"policy/v1beta1","kind":"Eviction","metadata":{"name":"p"}})")
                .status,
            201);
}

TEST_F(SubresourceTest, AnUnknownSubresourceIsNotFound) {
  EXPECT_EQ(call("GET", config_maps + "/a/status").status, 404);
}

TEST_F(SubresourceTest, AVerbASubresourceLacksIsNotAllowed) {
  put_pod();
  EXPECT_EQ(call("DELETE", pods + "/p/status").status, 405);
  EXPECT_EQ(call("GET", pods + "/p/binding").status, 405);
}

}  // namespace
}  // namespace limen::test
