// The bundled admission controllers on the SDK's fake host: what they change and what they refuse.
#include "support.h"

namespace limen::testkit {
namespace {

TEST(AlwaysAdmit, AdmitsAnything) {
  const Module module = load("always-admit");
  Instance controller(module);
  EXPECT_TRUE(controller.validate(of("pods", json("{}"))).admitted());
}

TEST(AlwaysDeny, RefusesAnythingAtBothStages) {
  const Module module = load("always-deny");
  Instance controller(module, {.kind = LIMEN_KIND_ADMISSION});
  const Reply reply = controller.validate(of("pods", json("{}")));
  EXPECT_TRUE(reply.denied);
  EXPECT_EQ(reply.message, "admission control is denying all modifications");
  EXPECT_TRUE(controller.admit(of("pods", json("{}"))).denied);
}

// ---- default-toleration-seconds

constexpr const char* kBothTolerations =
    R"([{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},)"
    R"({"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}])";

TEST(DefaultTolerationSeconds, AddsBothTolerationsToAPodWithoutAny) {
  const Module module = load("default-toleration-seconds");
  Instance controller(module);
  const Review review = of("pods", json(R"({"spec":{"containers":[]}})"));
  EXPECT_EQ(controller.admit(review).object.at("spec").at("tolerations"), json(kBothTolerations));
  EXPECT_TRUE(controller.admits_idempotently(review));
}

TEST(DefaultTolerationSeconds, KeepsWhatThePodSaysItself) {
  const Module module = load("default-toleration-seconds");
  Instance controller(module);
  const std::string own =
      R"({"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":5})";
  const Reply reply =
      controller.admit(of("pods", json(R"({"spec":{"tolerations":[)" + own + "]}}")));
  const auto& tolerations = reply.object.at("spec").at("tolerations").as_array();
  ASSERT_EQ(tolerations.size(), 2U);
  EXPECT_EQ(tolerations[0], json(own));
  EXPECT_EQ(tolerations[1].at("key").as_string(), "node.kubernetes.io/unreachable");
}

TEST(DefaultTolerationSeconds, LeavesAPodThatToleratesEverythingAlone) {
  const Module module = load("default-toleration-seconds");
  Instance controller(module);
  const Review review = of("pods", json(R"({"spec":{"tolerations":[{"operator":"Exists"}]}})"));
  EXPECT_TRUE(controller.admit(review).edits.empty());
}

TEST(DefaultTolerationSeconds, LeavesOtherKindsAndSubresourcesAlone) {
  const Module module = load("default-toleration-seconds");
  Instance controller(module);
  EXPECT_TRUE(controller.admit(of("deployments", json(R"({"spec":{}})"))).edits.empty());
  Review status = of("pods", json(R"({"spec":{}})"), LIMEN_OP_UPDATE);
  status.action.subresource = "status";
  EXPECT_TRUE(controller.admit(status).edits.empty());
}

TEST(DefaultTolerationSeconds, TheSecondsAreConfigurable) {
  const Module module = load("default-toleration-seconds");
  Instance controller(module, {.config = {{"notReadySeconds", 7}, {"unreachableSeconds", 9}}});
  const Json object = controller.admit(of("pods", json(R"({"spec":{}})"))).object;
  EXPECT_EQ(object.at("spec").at("tolerations").at(0).at("tolerationSeconds"), 7);
  EXPECT_EQ(object.at("spec").at("tolerations").at(1).at("tolerationSeconds"), 9);
}

// ---- always-pull-images

constexpr const char* kPod =
    R"({"spec":{"initContainers":[{"image":"a"}],"containers":[{"image":"b","imagePullPolicy":"IfNotPresent"}],)"
    R"("ephemeralContainers":[{"image":"c","imagePullPolicy":"Never"}],"volumes":[{"image":{"reference":"d"}},{"emptyDir":{}}]}})";

TEST(AlwaysPullImages, ReachesEveryPlaceThatNamesAnImage) {
  const Module module = load("always-pull-images");
  Instance controller(module);
  const Json spec = controller.admit(of("pods", json(kPod))).object.at("spec");
  for (const char* list : {"initContainers", "containers", "ephemeralContainers"})
    EXPECT_EQ(spec.at(list).at(0).at("imagePullPolicy").as_string(), "Always") << list;
  EXPECT_EQ(spec.at("volumes").at(0).at("image").at("pullPolicy").as_string(), "Always");
  EXPECT_TRUE(controller.admits_idempotently(of("pods", json(kPod))));
}

TEST(AlwaysPullImages, FindsAPolicyThatWasChangedBack) {
  const Module module = load("always-pull-images");
  Instance controller(module);
  const Reply reply = controller.validate(of(
      "pods", json(R"({"spec":{"containers":[{"image":"b","imagePullPolicy":"IfNotPresent"}]}})")));
  EXPECT_TRUE(reply.denied);
  EXPECT_EQ(reply.message,
            "spec.containers[0].imagePullPolicy: Unsupported value: \"IfNotPresent\": supported "
            "values: \"Always\"");
}

TEST(AlwaysPullImages, AnUpdateWithoutANewImageIsLeftAlone) {
  const Module module = load("always-pull-images");
  Instance controller(module);
  Review review = of("pods", json(kPod), LIMEN_OP_UPDATE);
  review.old_object = json(kPod);
  EXPECT_TRUE(controller.admit(review).edits.empty());
  EXPECT_TRUE(controller.validate(review).admitted());
  review.old_object.at("spec").at("containers").at(0).as_object()["image"] = "other";
  EXPECT_FALSE(controller.admit(review).edits.empty());
}

// ---- deny-service-external-ips

TEST(DenyServiceExternalIps, RefusesNewAddressesAndKeepsOldOnes) {
  const Module module = load("deny-service-external-ips");
  Instance controller(module);
  const Json with = json(R"({"spec":{"externalIPs":["192.0.2.9"]}})");
  const Reply reply = controller.validate(of("services", with));
  EXPECT_TRUE(reply.denied);
  EXPECT_EQ(reply.message, "Use of external IPs is denied by admission control");
  Review update = of("services", with, LIMEN_OP_UPDATE);
  update.old_object = with;
  EXPECT_TRUE(controller.validate(update).admitted());
  update.object = json(R"({"spec":{"externalIPs":["192.0.2.9","192.0.2.10"]}})");
  EXPECT_TRUE(controller.validate(update).denied);
  EXPECT_TRUE(controller.validate(of("services", json(R"({"spec":{}})"))).admitted());
}

// ---- namespace-lifecycle

InstanceOptions with_namespace(const std::string& phase) {
  InstanceOptions options;
  options.prepare = [phase](FakeHost& host) {
    host.put("", "namespaces",
             json(R"({"metadata":{"name":"x"},"status":{"phase":")" + phase + "\"}}"));
  };
  return options;
}

TEST(NamespaceLifecycle, AMissingNamespaceIs404) {
  const Module module = load("namespace-lifecycle");
  Instance controller(module);
  const Reply reply = controller.admit(of("pods", json("{}")));
  EXPECT_TRUE(reply.denied);
  EXPECT_EQ(reply.code, 404);
  EXPECT_EQ(reply.message, "namespaces \"x\" not found");
}

TEST(NamespaceLifecycle, AnActiveNamespaceTakesObjects) {
  const Module module = load("namespace-lifecycle");
  Instance controller(module, with_namespace("Active"));
  EXPECT_TRUE(controller.admit(of("pods", json("{}"))).admitted());
}

TEST(NamespaceLifecycle, ATerminatingNamespaceTakesNoNewObjectsButChangesAndDeletes) {
  const Module module = load("namespace-lifecycle");
  Instance controller(module, with_namespace("Terminating"));
  const Reply reply = controller.admit(of("pods", json("{}")));
  EXPECT_TRUE(reply.denied);
  EXPECT_EQ(reply.message,
            "unable to create new content in namespace x because it is being terminated");
  ASSERT_EQ(reply.causes.size(), 1U);
  EXPECT_EQ(reply.causes[0].first, "NamespaceTerminating");
  EXPECT_EQ(reply.cause_fields[0], "metadata.namespace");
  EXPECT_TRUE(controller.admit(of("pods", json("{}"), LIMEN_OP_UPDATE)).admitted());
  EXPECT_TRUE(controller.admit(of("pods", Json(), LIMEN_OP_DELETE)).admitted());
}

TEST(NamespaceLifecycle, TheThreeNamespacesOfTheClusterStay) {
  const Module module = load("namespace-lifecycle");
  Instance controller(module);
  for (const char* name : {"default", "kube-system", "kube-public"}) {
    Review review = of("namespaces", Json(), LIMEN_OP_DELETE);
    review.action.name = name;
    const Reply reply = controller.admit(review);
    EXPECT_TRUE(reply.denied) << name;
    EXPECT_EQ(reply.message, "this namespace may not be deleted");
  }
  EXPECT_TRUE(controller.admit(of("namespaces", Json(), LIMEN_OP_DELETE)).admitted());
}

TEST(NamespaceLifecycle, AnAccessReviewTellsNothingOfANamespace) {
  const Module module = load("namespace-lifecycle");
  Instance controller(module);
  Review review = of("localsubjectaccessreviews", json("{}"));
  review.action.api_group = "authorization.k8s.io";
  EXPECT_TRUE(controller.admit(review).admitted());
}

}  // namespace
}  // namespace limen::testkit
