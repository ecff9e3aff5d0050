// event-rate-limit: how fast events may come, on the clock of the fake host.
#include <chrono>

#include "support.h"

namespace limen::testkit {
namespace {

using namespace std::chrono_literals;

Json limit(const std::string& type, int qps, int burst, int cache_size = 0) {
  return boost::json::object{
      {"type", type}, {"qps", qps}, {"burst", burst}, {"cacheSize", cache_size}};
}

InstanceOptions limits(std::initializer_list<Json> list) {
  return {.config = boost::json::object{{"limits", boost::json::array(list.begin(), list.end())}}};
}

Review event(const std::string& ns = "x", const std::string& user = "alice") {
  Review review = of("events", json(R"({"source":{"component":"kubelet","host":"a"},)"
                                    R"("involvedObject":{"kind":"Pod","namespace":"x","name":"p",)"
                                    R"("uid":"7","apiVersion":"v1"}})"));
  review.action.ns = ns;
  review.action.user.name = user;
  return review;
}

class EventRateLimit : public testing::Test {
 protected:
  static std::string said(Instance& controller, const Review& review) {
    return controller.validate(review).message;
  }
  Module module = load("event-rate-limit");
};

TEST_F(EventRateLimit, ABucketHoldsItsBurstAndFillsAtItsRate) {
  Instance controller(module, limits({limit("Namespace", 2, 3)}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(said(controller, event()), "") << i;
  const Reply reply = controller.validate(event());
  EXPECT_EQ(reply.message, "Too many requests: limit reached on type Namespace for key x");
  EXPECT_EQ(reply.code, 429);
  EXPECT_EQ(reply.reason, "TooManyRequests");
  controller.host().advance(499ms);
  EXPECT_NE(said(controller, event()), "");
  controller.host().advance(1ms);
  EXPECT_EQ(said(controller, event()), "");
  EXPECT_NE(said(controller, event()), "");
  // never more than the burst, however long nothing came
  controller.host().advance(1h);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(said(controller, event()), "") << i;
  EXPECT_NE(said(controller, event()), "");
  EXPECT_EQ(controller.host().metric("limits_reached_total{Namespace}"), 4);
}

TEST_F(EventRateLimit, EachTypeCountsByItsOwnKey) {
  const auto second = [&](const std::string& type, const Review& other) {
    Instance controller(module, limits({limit(type, 1, 1)}));
    EXPECT_EQ(said(controller, event()), "");
    return said(controller, other);
  };
  Review other_object = event();
  other_object.object.get_object()["involvedObject"].get_object()["uid"] = "8";
  EXPECT_EQ(second("Server", event("y", "bob")),
            "Too many requests: limit reached on type Server for key ");
  EXPECT_EQ(second("Namespace", event("y")), "");
  EXPECT_EQ(second("Namespace", event("x", "bob")),
            "Too many requests: limit reached on type Namespace for key x");
  EXPECT_EQ(second("User", event("x", "bob")), "");
  EXPECT_EQ(second("User", event("y")),
            "Too many requests: limit reached on type User for key alice");
  EXPECT_EQ(second("SourceAndObject", other_object), "");
  EXPECT_EQ(second("SourceAndObject", event("y", "bob")),
            "Too many requests: limit reached on type SourceAndObject for key kubeletaPodxp7v1");
}

TEST_F(EventRateLimit, BothGroupsOfEventsAreOneStream) {
  Instance controller(module, limits({limit("SourceAndObject", 1, 1)}));
  Review newer = in_group("events.k8s.io", "events",
                          json(R"({"deprecatedSource":{"component":"kubelet","host":"a"},)"
                               R"("regarding":{"kind":"Pod","namespace":"x","name":"p",)"
                               R"("uid":"7","apiVersion":"v1"}})"));
  EXPECT_EQ(said(controller, newer), "");
  EXPECT_NE(said(controller, event()), "");
}

TEST_F(EventRateLimit, EveryLimitCountsAndAllThatAreReachedAreTold) {
  Instance controller(
      module, limits({limit("Server", 1, 2), limit("Namespace", 1, 1), limit("Namespace", 1, 1)}));
  EXPECT_EQ(said(controller, event()), "");
  // the same words only once
  EXPECT_EQ(said(controller, event()),
            "Too many requests: limit reached on type Namespace for key x");
  // the event that was refused has used up what the server had left
  EXPECT_EQ(said(controller, event("y")),
            "Too many requests: limit reached on type Server for key ");
  EXPECT_EQ(said(controller, event()),
            "Too many requests: [limit reached on type Server for key , limit reached on type "
            "Namespace for key x]");
}

TEST_F(EventRateLimit, UpdatesCountAndDryRunsAndOtherObjectsDoNot) {
  Instance controller(module, limits({limit("Server", 1, 1)}));
  Review dry = event();
  dry.dry_run = true;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(said(controller, dry), "");
  EXPECT_EQ(said(controller, of("pods", json("{}"))), "");
  EXPECT_EQ(said(controller, in_group("acme.io", "events", json("{}"))), "");
  EXPECT_EQ(said(controller, update("events", event().object, event().object)), "");
  EXPECT_NE(said(controller, event()), "");
  EXPECT_EQ(said(controller, dry), "");
}

TEST_F(EventRateLimit, OnlySoManyKeysAreCountedAtATime) {
  Instance controller(module, limits({limit("Namespace", 1, 1, 2)}));
  EXPECT_EQ(said(controller, event("a")), "");
  EXPECT_EQ(said(controller, event("b")), "");
  EXPECT_NE(said(controller, event("a")), "");
  EXPECT_EQ(said(controller, event("c")), "");  // in place of b, which was used longest ago
  EXPECT_NE(said(controller, event("a")), "");
  EXPECT_EQ(said(controller, event("b")), "");
}

TEST_F(EventRateLimit, ALongKeyIsCutShortInTheMessageOnly) {
  Instance controller(module, limits({limit("SourceAndObject", 1, 1)}));
  Review longer = event();
  const std::string host = std::string(1022, 'x') + "\u00e4\u00e4";
  longer.object = boost::json::object{{"source", {{"host", host}}}};
  Review other = event();
  other.object = boost::json::object{{"source", {{"host", host + "y"}}}};
  EXPECT_EQ(said(controller, longer), "");
  EXPECT_EQ(said(controller, other), "");
  EXPECT_EQ(said(controller, longer),
            "Too many requests: limit reached on type SourceAndObject for key " +
                std::string(1022, 'x') + "\u00e4...");
}

TEST_F(EventRateLimit, ABadConfigIsSaidWhereItStands) {
  const auto told = [&](const Json& config) {
    std::string out;
    for (const auto& finding : module.check(config))
      out += finding.pointer + " " + finding.message + "\n";
    return out;
  };
  EXPECT_EQ(told(limits({}).config), "/limits limits: Invalid value: []: must not be empty\n");
  EXPECT_EQ(told(limits({limit("User", 1, 1), limit("Pod", 0, -1, -2)}).config),
            "/limits/1/type limits[1].type: Unsupported value: \"Pod\": supported values: "
            "\"Namespace\", \"Server\", \"SourceAndObject\", \"User\"\n"
            "/limits/1/burst limits[1].burst: Invalid value: -1: must be positive\n"
            "/limits/1/qps limits[1].qps: Invalid value: 0: must be positive\n"
            "/limits/1/cacheSize limits[1].cacheSize: Invalid value: -2: must not be negative\n");
  EXPECT_EQ(told(limits({limit("Server", 1, 1, -2)}).config), "");
  EXPECT_THROW(Instance(module, limits({})), StartError);
}

}  // namespace
}  // namespace limen::testkit
