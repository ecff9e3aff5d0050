// limit-ranger: defaults that containers get, and the bounds that pods and claims are held to.
#include "support.h"

namespace limen::testkit {
namespace {

class LimitRanger : public testing::Test {
 protected:
  void range(const std::string& limits, const std::string& name = "r") {
    controller.host().put("", "limitranges",
                          json(R"({"metadata":{"name":")" + name +
                               R"(","namespace":"x"},"spec":{"limits":[)" + limits + "]}}"));
  }
  static std::string container(const std::string& resources, const std::string& name = "a") {
    return R"({"name":")" + name + R"(","resources":)" + resources + "}";
  }
  static Review pod(const std::string& containers, const std::string& rest = "") {
    return of("pods", json(R"({"spec":{"containers":[)" + containers + "]" + rest + "}}"));
  }
  std::string judge(const Review& review) { return controller.validate(review).message; }
  std::string judge(const std::string& resources) { return judge(pod(container(resources))); }

  Module module = load("limit-ranger");
  Instance controller{module};
};

TEST_F(LimitRanger, WithoutARangeNothingHappens) {
  EXPECT_TRUE(controller.admit(pod(container("{}"))).edits.empty());
  EXPECT_EQ(judge("{}"), "");
}

TEST_F(LimitRanger, ContainersGetWhatTheyDoNotNameThemselves) {
  range(
      R"({"type":"Container","default":{"cpu":"1","memory":"1Gi"},"defaultRequest":{"cpu":"500m","memory":"512Mi"}})");
  const Review review =
      pod(container(R"({"requests":{"cpu":"200m"}})"),
          R"(,"initContainers":[{"name":"i"}],"ephemeralContainers":[{"name":"e"}])");
  const Json object = controller.admit(review).object;
  EXPECT_EQ(at(object, "/spec/containers/0/resources"),
            R"({"requests":{"cpu":"200m","memory":"512Mi"},"limits":{"cpu":"1","memory":"1Gi"}})");
  EXPECT_EQ(at(object, "/spec/initContainers/0/resources"),
            R"({"requests":{"cpu":"500m","memory":"512Mi"},"limits":{"cpu":"1","memory":"1Gi"}})");
  EXPECT_EQ(at(object, "/spec/ephemeralContainers/0/resources"), "");
  EXPECT_EQ(at(object, "/metadata/annotations/kubernetes.io~1limit-ranger"),
            R"("LimitRanger plugin set: memory request for container a; cpu, memory limit for )"
            R"(container a; cpu, memory request for init container i; cpu, memory limit for init )"
            R"(container i")");
  EXPECT_TRUE(controller.admits_idempotently(review));
}

TEST_F(LimitRanger, TheFirstRangeByNameFillsFirst) {
  range(R"({"type":"Container","defaultRequest":{"cpu":"2"}})", "b");
  range(R"({"type":"Container","defaultRequest":{"cpu":"1"}})", "a");
  EXPECT_EQ(at(controller.admit(pod(container("{}"))).object, "/spec/containers/0/resources"),
            R"({"requests":{"cpu":"1"}})");
}

TEST_F(LimitRanger, AMinimumWantsARequestAndNoSmallerLimit) {
  range(R"({"type":"Container","min":{"cpu":"100m"}})");
  EXPECT_EQ(judge("{}"), "minimum cpu usage per Container is 100m.  No request is specified");
  EXPECT_EQ(judge(R"({"requests":{"cpu":"50m"}})"),
            "minimum cpu usage per Container is 100m, but request is 50m");
  EXPECT_EQ(judge(R"({"requests":{"cpu":"100m"},"limits":{"cpu":"50m"}})"),
            "minimum cpu usage per Container is 100m, but limit is 50m");
  EXPECT_EQ(judge(R"({"requests":{"cpu":"0.1"}})"), "");
}

TEST_F(LimitRanger, AMaximumWantsALimit) {
  range(R"({"type":"Container","max":{"memory":"1Gi"}})");
  EXPECT_EQ(judge("{}"), "maximum memory usage per Container is 1Gi.  No limit is specified");
  EXPECT_EQ(judge(R"({"limits":{"memory":"2Gi"}})"),
            "maximum memory usage per Container is 1Gi, but limit is 2Gi");
  EXPECT_EQ(judge(R"({"limits":{"memory":"1Gi"},"requests":{"memory":"1025Mi"}})"),
            "maximum memory usage per Container is 1Gi, but request is 1025Mi");
  EXPECT_EQ(judge(R"({"limits":{"memory":"1Gi"}})"), "");
}

TEST_F(LimitRanger, TheRatioOfLimitToRequestIsBounded) {
  range(R"({"type":"Container","maxLimitRequestRatio":{"cpu":"2"}})");
  EXPECT_EQ(judge(R"({"limits":{"cpu":"1"}})"),
            "cpu max limit to request ratio per Container is 2, but no request is specified or "
            "request is 0");
  EXPECT_EQ(judge(R"({"requests":{"cpu":"1"}})"),
            "cpu max limit to request ratio per Container is 2, but no limit is specified or limit "
            "is 0");
  EXPECT_EQ(judge(R"({"requests":{"cpu":"400m"},"limits":{"cpu":"1"}})"),
            "cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000");
  EXPECT_EQ(judge(R"({"requests":{"cpu":"500m"},"limits":{"cpu":"1"}})"), "");
}

TEST_F(LimitRanger, EveryComplaintIsTold) {
  range(R"({"type":"Container","min":{"cpu":"1","memory":"1Gi"}})");
  EXPECT_EQ(judge("{}"),
            "[minimum cpu usage per Container is 1.  No request is specified, minimum memory usage "
            "per Container is 1Gi.  No request is specified]");
}

TEST_F(LimitRanger, InitContainersAreHeldToTheSame) {
  range(R"({"type":"Container","max":{"cpu":"1"}})");
  EXPECT_EQ(judge(pod(container(R"({"limits":{"cpu":"1"}})"),
                      R"(,"initContainers":[{"resources":{"limits":{"cpu":"2"}}}])")),
            "maximum cpu usage per Container is 1, but limit is 2");
}

TEST_F(LimitRanger, APodCountsWhatRunsTogether) {
  range(R"({"type":"Pod","max":{"cpu":"3"}})");
  const std::string two = R"({"limits":{"cpu":"2"}})";
  EXPECT_EQ(judge(pod(container(two) + "," + container(two, "b"))),
            "maximum cpu usage per Pod is 3, but limit is 4");
  // An init container that ends runs before, one that stays runs beside.
  EXPECT_EQ(judge(pod(container(two), R"(,"initContainers":[{"resources":)" + two + "}]")), "");
  EXPECT_EQ(judge(pod(container(two),
                      R"(,"initContainers":[{"restartPolicy":"Always","resources":)" + two + "}]")),
            "maximum cpu usage per Pod is 3, but limit is 4");
  EXPECT_EQ(judge(pod(container(two) + "," + container(two, "b"),
                      R"(,"resources":{"limits":{"cpu":"1"}})")),
            "");
}

TEST_F(LimitRanger, ClaimsAreHeldToTheirs) {
  range(R"({"type":"PersistentVolumeClaim","min":{"storage":"1Gi"},"max":{"storage":"2Gi"}})");
  const auto claim = [&](const std::string& size) {
    return judge(of("persistentvolumeclaims",
                    json(R"({"spec":{"resources":{"requests":{"storage":")" + size + R"("}}}})")));
  };
  EXPECT_EQ(claim("1Gi"), "");
  EXPECT_EQ(claim("512Mi"),
            "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi");
  EXPECT_EQ(claim("3Gi"),
            "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi");
}

TEST_F(LimitRanger, UpdatesOfPodsAreLeftAloneButForTheirSize) {
  range(R"({"type":"Container","max":{"cpu":"1"}})");
  Review change = pod(container(R"({"limits":{"cpu":"2"}})"));
  change.operation = LIMEN_OP_UPDATE;
  EXPECT_EQ(judge(change), "");
  change.action.subresource = "resize";
  EXPECT_EQ(judge(change), "maximum cpu usage per Container is 1, but limit is 2");
  change.object.as_object()["metadata"] = {{"deletionTimestamp", "2026-01-01T00:00:00Z"}};
  EXPECT_EQ(judge(change), "");
}

TEST_F(LimitRanger, RangesOfOtherNamespacesDoNotCount) {
  controller.host().put(
      "", "limitranges",
      json(
          R"({"metadata":{"name":"r","namespace":"y"},"spec":{"limits":[{"type":"Container","max":{"cpu":"1"}}]}})"));
  EXPECT_EQ(judge("{}"), "");
}

}  // namespace
}  // namespace limen::testkit
