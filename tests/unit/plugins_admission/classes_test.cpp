// Controllers about classes: the default storage and ingress class, priorities, runtime classes,
// and what protects and limits storage.
#include "support.h"

namespace limen::testkit {
namespace {

void put_class(FakeHost& host, const std::string& group, const std::string& resource,
               const std::string& name, const std::string& annotation, const std::string& made) {
  host.put(group, resource,
           json(R"({"metadata":{"name":")" + name + R"(","creationTimestamp":")" + made +
                R"(","annotations":{")" + annotation + R"(":"true"}}})"));
}

// ---- default-storage-class

class DefaultStorageClass : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& made,
           const std::string& annotation = "storageclass.kubernetes.io/is-default-class") {
    put_class(controller.host(), "storage.k8s.io", "storageclasses", name, annotation, made);
  }
  std::string given(const std::string& claim) {
    const Review review = of("persistentvolumeclaims", json(claim));
    EXPECT_TRUE(controller.admits_idempotently(review));
    return at(controller.admit(review).object, "/spec/storageClassName");
  }
  Module module = load("default-storage-class");
  Instance controller{module};
};

TEST_F(DefaultStorageClass, WithoutADefaultTheClaimStaysAsItIs) {
  put("slow", "2026-01-01T00:00:00Z", "example.com/other");
  EXPECT_EQ(given(R"({"spec":{}})"), "");
}

TEST_F(DefaultStorageClass, TheNewestDefaultIsGiven) {
  put("b-old", "2026-01-01T00:00:00Z");
  put("c-new", "2026-02-01T00:00:00Z");
  put("d-new", "2026-02-01T00:00:00Z");
  EXPECT_EQ(given(R"({"spec":{}})"), R"("c-new")");
}

TEST_F(DefaultStorageClass, TheOldAnnotationCounts) {
  put("old", "2026-01-01T00:00:00Z", "storageclass.beta.kubernetes.io/is-default-class");
  EXPECT_EQ(given(R"({"spec":{}})"), R"("old")");
}

TEST_F(DefaultStorageClass, AClaimThatNamesAClassOrNoneKeepsIt) {
  put("fast", "2026-01-01T00:00:00Z");
  EXPECT_EQ(given(R"({"spec":{"storageClassName":"own"}})"), R"("own")");
  EXPECT_EQ(given(R"({"spec":{"storageClassName":""}})"), R"("")");
  EXPECT_EQ(
      given(
          R"({"metadata":{"annotations":{"volume.beta.kubernetes.io/storage-class":"a"}},"spec":{}})"),
      "");
}

TEST_F(DefaultStorageClass, OtherKindsAndSubresourcesAreLeftAlone) {
  put("fast", "2026-01-01T00:00:00Z");
  EXPECT_TRUE(controller.admit(of("persistentvolumes", json(R"({"spec":{}})"))).edits.empty());
  Review status = of("persistentvolumeclaims", json(R"({"spec":{}})"));
  status.action.subresource = "status";
  EXPECT_TRUE(controller.admit(status).edits.empty());
}

// ---- default-ingress-class

TEST(DefaultIngressClass, AnIngressThatNamesNoneGetsTheDefault) {
  const Module module = load("default-ingress-class");
  Instance controller(module);
  const auto given = [&](const std::string& ingress) {
    return at(controller.admit(in_group("networking.k8s.io", "ingresses", json(ingress))).object,
              "/spec/ingressClassName");
  };
  EXPECT_EQ(given(R"({"spec":{}})"), "");
  put_class(controller.host(), "networking.k8s.io", "ingressclasses", "nginx",
            "ingressclass.kubernetes.io/is-default-class", "2026-01-01T00:00:00Z");
  EXPECT_EQ(given(R"({"spec":{}})"), R"("nginx")");
  EXPECT_EQ(given(R"({"spec":{"ingressClassName":"own"}})"), R"("own")");
  EXPECT_EQ(
      given(R"({"metadata":{"annotations":{"kubernetes.io/ingress.class":"old"}},"spec":{}})"), "");
}

// ---- storage-object-in-use-protection

TEST(StorageObjectInUseProtection, EachKindGetsItsFinalizerOnce) {
  const Module module = load("storage-object-in-use-protection");
  Instance controller(module);
  const auto finalizers = [&](const Review& review) {
    EXPECT_TRUE(controller.admits_idempotently(review));
    return at(controller.admit(review).object, "/metadata/finalizers");
  };
  EXPECT_EQ(finalizers(of("persistentvolumeclaims", json(R"({"metadata":{}})"))),
            R"(["kubernetes.io/pvc-protection"])");
  EXPECT_EQ(finalizers(of("persistentvolumes", json(R"({"metadata":{"finalizers":["a"]}})"))),
            R"(["a","kubernetes.io/pv-protection"])");
  EXPECT_EQ(
      finalizers(in_group("storage.k8s.io", "volumeattributesclasses", json(R"({"metadata":{}})"))),
      R"(["kubernetes.io/vac-protection"])");
  EXPECT_EQ(finalizers(of("pods", json(R"({"metadata":{}})"))), "");
}

// ---- persistent-volume-claim-resize

class ClaimResize : public testing::Test {
 protected:
  void put(const std::string& name, bool expands) {
    controller.host().put("storage.k8s.io", "storageclasses",
                          json(R"({"metadata":{"name":")" + name + R"("},"allowVolumeExpansion":)" +
                               (expands ? "true" : "false") + "}"));
  }
  static std::string claim(const std::string& size, const std::string& storage_class,
                           const std::string& phase = "Bound") {
    return R"({"spec":{"storageClassName":")" + storage_class +
           R"(","resources":{"requests":{"storage":")" + size + R"("}}},"status":{"phase":")" +
           phase + R"("}})";
  }
  std::string resize(const std::string& from, const std::string& to) {
    return controller.validate(update("persistentvolumeclaims", json(from), json(to))).message;
  }
  Module module = load("persistent-volume-claim-resize");
  Instance controller{module};
};

constexpr const char* kNotExpandable =
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc "
    "must support resize";

TEST_F(ClaimResize, GrowsWhereTheClassLetsIt) {
  put("yes", true);
  put("no", false);
  EXPECT_EQ(resize(claim("1Gi", "yes"), claim("2Gi", "yes")), "");
  EXPECT_EQ(resize(claim("1Gi", "no"), claim("2Gi", "no")), kNotExpandable);
  EXPECT_EQ(resize(claim("1Gi", "gone"), claim("2Gi", "gone")), kNotExpandable);
  EXPECT_EQ(resize(claim("1Gi", ""), claim("2Gi", "")), kNotExpandable);
}

TEST_F(ClaimResize, OnlyAGrowingRequestIsLookedAt) {
  EXPECT_EQ(resize(claim("1Gi", "gone"), claim("1024Mi", "gone")), "");
  EXPECT_EQ(resize(claim("2Gi", "gone"), claim("1Gi", "gone")), "");
}

TEST_F(ClaimResize, AnUnboundClaimDoesNotGrow) {
  put("yes", true);
  EXPECT_EQ(resize(claim("1Gi", "yes", "Pending"), claim("2Gi", "yes", "Pending")),
            "Only bound persistent volume claims can be expanded");
}

// ---- priority

class Priority : public testing::Test {
 protected:
  void put(const std::string& name, int value, const std::string& rest = "") {
    controller.host().put("scheduling.k8s.io", "priorityclasses",
                          json(R"({"metadata":{"name":")" + name + R"("},"value":)" +
                               std::to_string(value) + rest + "}"));
  }
  Reply create(const std::string& spec) {
    const Review review = of("pods", json("{\"spec\":" + spec + "}"));
    if (!controller.admit(review).denied) {
      EXPECT_TRUE(controller.admits_idempotently(review));
    }
    return controller.admit(review);
  }
  std::string spec_of(const std::string& spec) { return at(create(spec).object, "/spec"); }
  Module module = load("priority");
  Instance controller{module};
};

TEST_F(Priority, APodWithoutAClassHasPriorityZero) {
  EXPECT_EQ(spec_of("{}"), R"({"priority":0,"preemptionPolicy":"PreemptLowerPriority"})");
}

TEST_F(Priority, APodGetsTheNumberOfItsClass) {
  put("high", 1000, R"(,"preemptionPolicy":"Never")");
  EXPECT_EQ(spec_of(R"({"priorityClassName":"high"})"),
            R"({"priorityClassName":"high","priority":1000,"preemptionPolicy":"Never"})");
  EXPECT_EQ(create(R"({"priorityClassName":"none"})").message,
            "no PriorityClass with name none was found");
}

TEST_F(Priority, TheDefaultClassIsForPodsThatNameNone) {
  put("usual", 10, R"(,"globalDefault":true)");
  put("lower", 5, R"(,"globalDefault":true)");
  EXPECT_EQ(at(create("{}").object, "/spec/priorityClassName"), R"("lower")");
  EXPECT_EQ(at(create("{}").object, "/spec/priority"), "5");
}

TEST_F(Priority, NumbersByHandAreRefusedUnlessTheyAreRight) {
  put("high", 1000);
  EXPECT_EQ(
      create(R"({"priorityClassName":"high","priority":7})").message,
      "the integer value of priority (7) must not be provided in pod spec; priority admission "
      "controller computed 1000 from the given PriorityClass name");
  EXPECT_EQ(
      create(R"({"priorityClassName":"high","preemptionPolicy":"Never"})").message,
      "the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority "
      "admission controller computed PreemptLowerPriority from the given PriorityClass name");
  EXPECT_FALSE(create(R"({"priorityClassName":"high","priority":1000})").denied);
}

TEST_F(Priority, AnUpdateThatForgetsTheFieldsKeepsThem) {
  const Reply reply =
      controller.admit(update("pods", json(R"({"spec":{"priority":7,"preemptionPolicy":"Never"}})"),
                              json(R"({"spec":{}})")));
  EXPECT_EQ(at(reply.object, "/spec"), R"({"priority":7,"preemptionPolicy":"Never"})");
}

TEST_F(Priority, OneDefaultIsEnough) {
  put("usual", 10, R"(,"globalDefault":true)");
  Review review = in_group("scheduling.k8s.io", "priorityclasses",
                           json(R"({"metadata":{"name":"another"},"globalDefault":true})"));
  EXPECT_EQ(controller.validate(review).message,
            "PriorityClass usual is already marked as default. Only one default can exist");
  review.object = json(R"({"metadata":{"name":"usual"},"globalDefault":true})");
  EXPECT_TRUE(controller.validate(review).denied);  // created anew
  review.operation = LIMEN_OP_UPDATE;
  EXPECT_FALSE(controller.validate(review).denied);
}

// ---- runtime-class

class RuntimeClasses : public testing::Test {
 protected:
  void SetUp() override {
    controller.host().put(
        "node.k8s.io", "runtimeclasses",
        json(
            R"({"metadata":{"name":"kata"},"overhead":{"podFixed":{"cpu":"250m","memory":"120Mi"}},)"
            R"("scheduling":{"nodeSelector":{"kata":"yes"},"tolerations":[{"key":"kata","operator":"Exists"}]}})"));
    controller.host().put("node.k8s.io", "runtimeclasses",
                          json(R"({"metadata":{"name":"plain"}})"));
  }
  Reply create(const std::string& spec) {
    return controller.admit(of("pods", json("{\"spec\":" + spec + "}")));
  }
  std::string judge(const std::string& spec) {
    return controller.validate(of("pods", json("{\"spec\":" + spec + "}"))).message;
  }
  Module module = load("runtime-class");
  Instance controller{module};
};

TEST_F(RuntimeClasses, APodGetsWhatItsClassCostsAndNeeds) {
  const Json pod =
      create(R"({"runtimeClassName":"kata","nodeSelector":{"a":"b"},"tolerations":[{"key":"x"}]})")
          .object;
  EXPECT_EQ(at(pod, "/spec/overhead"), R"({"cpu":"250m","memory":"120Mi"})");
  EXPECT_EQ(at(pod, "/spec/nodeSelector"), R"({"a":"b","kata":"yes"})");
  EXPECT_EQ(at(pod, "/spec/tolerations"), R"([{"key":"x"},{"key":"kata","operator":"Exists"}])");
  EXPECT_TRUE(
      controller.admits_idempotently(of("pods", json(R"({"spec":{"runtimeClassName":"kata"}})"))));
}

TEST_F(RuntimeClasses, WhatContradictsTheClassIsRefused) {
  EXPECT_EQ(create(R"({"runtimeClassName":"none"})").message,
            R"(pod rejected: RuntimeClass "none" not found)");
  EXPECT_EQ(create(R"({"runtimeClassName":"kata","overhead":{"cpu":"1"}})").message,
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  EXPECT_FALSE(
      create(R"({"runtimeClassName":"kata","overhead":{"cpu":"0.25","memory":"120Mi"}})").denied);
  EXPECT_EQ(create(R"({"runtimeClassName":"kata","nodeSelector":{"kata":"no"}})").message,
            "conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; "
            "pod.spec.nodeSelector[kata] = no");
}

TEST_F(RuntimeClasses, AnOverheadNeedsAClassThatHasOne) {
  constexpr const char* kNoClass =
      "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
  EXPECT_EQ(judge(R"({"overhead":{"cpu":"1"}})"), kNoClass);
  EXPECT_EQ(judge(R"({"runtimeClassName":"plain","overhead":{"cpu":"1"}})"), kNoClass);
  EXPECT_EQ(judge(R"({"runtimeClassName":"kata","overhead":{"cpu":"0.25","memory":"120Mi"}})"), "");
  EXPECT_EQ(judge(R"({"overhead":{}})"), "");
  EXPECT_EQ(judge("{}"), "");
}

TEST_F(RuntimeClasses, AnOverheadThatWasChangedBehindIsRefused) {
  EXPECT_EQ(judge(R"({"runtimeClassName":"kata","overhead":{"cpu":"1"}})"),
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}

}  // namespace
}  // namespace limen::testkit
