// pod-toleration-restriction: what a namespace and the cluster say about tolerations.
#include "support.h"

namespace limen::testkit {
namespace {

constexpr const char* kConflict =
    "pod tolerations (possibly merged with namespace default tolerations) conflict with its "
    "namespace whitelist";
constexpr const char* kPressure =
    R"({"key":"node.kubernetes.io/memory-pressure","operator":"Exists","effect":"NoSchedule"})";

class PodTolerationRestriction : public testing::Test {
 protected:
  void put_namespace(const std::string& annotations) {
    controller.host().put("", "namespaces",
                          json(R"({"metadata":{"name":"x","annotations":)" + annotations + "}}"));
  }
  // Annotations, each a list of tolerations.
  void allow(const Json& defaults, const Json& whitelist) {
    boost::json::object annotations;
    const auto add = [&](const char* key, const Json& list) {
      if (!list.is_null()) annotations[key] = boost::json::serialize(list);
    };
    add("scheduler.alpha.kubernetes.io/defaultTolerations", defaults);
    add("scheduler.alpha.kubernetes.io/tolerationsWhitelist", whitelist);
    put_namespace(boost::json::serialize(annotations));
  }
  static Review pod(const std::string& tolerations, const std::string& containers = "[{}]") {
    return of("pods", json(R"({"spec":{"containers":)" + containers +
                           (tolerations.empty() ? "" : R"(,"tolerations":)" + tolerations) + "}}"));
  }
  static Review changed(Review review) {
    review.operation = LIMEN_OP_UPDATE;
    review.old_object = review.object;
    return review;
  }
  std::string tolerations(const Review& review) {
    EXPECT_TRUE(controller.admits_idempotently(review));
    return at(controller.admit(review).object, "/spec/tolerations");
  }

  Module module = load("pod-toleration-restriction");
  Instance controller{module,
                      {.config = {{"default", {{{"key", "pool"}, {"operator", "Exists"}}}},
                                  {"whitelist",
                                   {{{"key", "pool"}, {"operator", "Exists"}},
                                    {{"key", "own"}, {"operator", "Exists"}}}}}}};
};

TEST_F(PodTolerationRestriction, NewPodsGetTheNamespacesDefaultsOrElseTheClusters) {
  put_namespace("{}");
  EXPECT_EQ(tolerations(pod("")), R"([{"key":"pool","operator":"Exists"}])");
  EXPECT_EQ(tolerations(pod(R"([{"key":"own","operator":"Exists"}])")),
            R"([{"key":"own","operator":"Exists"},{"key":"pool","operator":"Exists"}])");
  allow(json(R"([{"key":"team","effect":"NoSchedule","value":"a"}])"), json("[]"));
  EXPECT_EQ(tolerations(pod("")), R"([{"key":"team","value":"a","effect":"NoSchedule"}])");
}

TEST_F(PodTolerationRestriction, AnEmptyAnnotationIsAListWithoutTolerations) {
  put_namespace(R"({"scheduler.alpha.kubernetes.io/defaultTolerations":"",)"
                R"("scheduler.alpha.kubernetes.io/tolerationsWhitelist":""})");
  EXPECT_EQ(tolerations(pod("")), "");
  EXPECT_EQ(tolerations(pod(R"([{"operator":"Exists"}])")), R"([{"operator":"Exists"}])");
  allow(json("[]"), json("[]"));
  EXPECT_EQ(tolerations(pod("")), "");
  EXPECT_FALSE(controller.validate(pod(R"([{"operator":"Exists"}])")).denied);
}

TEST_F(PodTolerationRestriction, OfTwoThatOverlapTheWiderStays) {
  allow(
      json(
          R"([{"key":"a","operator":"Exists"},{"key":"b","operator":"Exists","effect":"NoSchedule"}])"),
      json("[]"));
  EXPECT_EQ(tolerations(pod(R"([{"key":"a","operator":"Equal","value":"1","effect":"NoSchedule"},)"
                            R"({"key":"b","operator":"Exists"}])")),
            R"([{"key":"b","operator":"Exists"},{"key":"a","operator":"Exists"}])");
}

TEST_F(PodTolerationRestriction, AnOperatorThatIsNotGivenIsEqualInTheWiderOneOnly) {
  allow(json(R"([{"key":"a","value":"1"}])"), json("[]"));
  EXPECT_EQ(
      tolerations(pod(R"([{"key":"a","operator":"Equal","value":"1","effect":"NoSchedule"}])")),
      R"([{"key":"a","value":"1"}])");
  EXPECT_EQ(tolerations(pod(R"([{"key":"a","value":"1","effect":"NoSchedule"}])")),
            R"([{"key":"a","value":"1","effect":"NoSchedule"},{"key":"a","value":"1"}])");
}

TEST_F(PodTolerationRestriction, PodsThatAskForSomethingTolerateMemoryPressure) {
  allow(json("[]"), json("[]"));
  const auto asks = [&](const std::string& containers) {
    const std::string added = tolerations(pod("", containers));
    EXPECT_EQ(tolerations(changed(pod("", containers))), added) << containers;
    EXPECT_TRUE(added.empty() || added == "[" + std::string(kPressure) + "]") << added;
    return !added.empty();
  };
  EXPECT_FALSE(asks("[{}]"));
  EXPECT_TRUE(asks(R"([{},{"resources":{"requests":{"cpu":"1m"}}}])"));
  EXPECT_TRUE(asks(R"([{"resources":{"limits":{"memory":"1Mi"}}}])"));
  EXPECT_FALSE(asks(R"([{"resources":{"requests":{"cpu":"0","memory":"0"}}}])"));
  EXPECT_FALSE(asks(R"([{"resources":{"limits":{"example.com/gpu":"1"}}}])"));
  EXPECT_TRUE(asks(R"([{}],"initContainers":[{"resources":{"requests":{"cpu":"1"}}}])"));
  EXPECT_FALSE(asks(R"([{}],"ephemeralContainers":[{"resources":{"requests":{"cpu":"1"}}}])"));
  // what the pod as a whole names counts in place of its containers
  EXPECT_TRUE(asks(R"([{}],"resources":{"requests":{"cpu":"1"}})"));
  EXPECT_FALSE(asks(R"([{"resources":{"requests":{"cpu":"1"}}}],"resources":{})"));
}

TEST_F(PodTolerationRestriction, EachTolerationHasToBeInTheWhitelist) {
  struct Row {
    const char *whitelist, *tolerations;
    bool allowed;
  };
  static constexpr Row kRows[] = {
      {R"([{"key":"a","operator":"Exists"}])", R"([{"key":"a","operator":"Exists"}])", true},
      {R"([{"key":"a","operator":"Exists"}])",
       R"([{"key":"a","operator":"Equal","value":"1","effect":"NoExecute"}])", true},
      {R"([{"key":"a","operator":"Exists"}])",
       R"([{"key":"a","operator":"Exists"},{"key":"b","operator":"Exists"}])", false},
      {R"([{"key":"a","operator":"Exists"},{"key":"b","operator":"Exists"}])",
       R"([{"key":"a","operator":"Exists"},{"key":"b","operator":"Exists"}])", true},
      {R"([{"operator":"Exists"}])", R"([{"key":"a","value":"1"}])", true},
      {R"([{"key":"a","operator":"Exists"}])", R"([{"operator":"Exists"}])", false},
      {R"([{"key":"a","operator":"Equal","value":"1"}])",
       R"([{"key":"a","operator":"Equal","value":"2"}])", false},
      {R"([{"key":"a","operator":"Equal","value":"1"}])", R"([{"key":"a","operator":"Exists"}])",
       false},
      {R"([{"key":"a","operator":"Exists","effect":"NoSchedule"}])",
       R"([{"key":"a","operator":"Exists"}])", false},
      {R"([{"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":60}])",
       R"([{"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":60}])", true},
      {R"([{"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":60}])",
       R"([{"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":61}])", false},
      {R"([{"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":60}])",
       R"([{"key":"a","operator":"Exists","effect":"NoExecute"}])", false},
      // an operator of another kind covers only itself
      {R"([{"key":"a","operator":"Gt","value":"1"}])",
       R"([{"key":"a","operator":"Gt","value":"1"}])", true},
      {R"([{"key":"a","operator":"Gt","value":"1"}])",
       R"([{"key":"a","operator":"Gt","value":"2"}])", false},
      {R"([])", R"([{"operator":"Exists"}])", true},
  };
  for (const Row& row : kRows) {
    allow(json("[]"), json(row.whitelist));
    const Review review = pod(row.tolerations);
    for (const Review& each : {review, changed(review)}) {
      const Reply reply = controller.validate(each);
      EXPECT_EQ(reply.message, row.allowed ? "" : kConflict) << row.whitelist << row.tolerations;
      EXPECT_EQ(reply.code, row.allowed ? 0 : 500);
      EXPECT_EQ(reply.reason, row.allowed ? "" : "Unknown");
      EXPECT_EQ(controller.admit(each).denied, !row.allowed);
    }
  }
}

TEST_F(PodTolerationRestriction, WithoutAnAnnotationTheClustersWhitelistCounts) {
  put_namespace("{}");
  EXPECT_EQ(controller.validate(pod(R"([{"key":"own","operator":"Exists"}])")).message, "");
  EXPECT_EQ(controller.validate(pod(R"([{"key":"other","operator":"Exists"}])")).message,
            kConflict);
  EXPECT_EQ(controller.validate(pod("")).message, "");
  // what is added has to be allowed too, memory pressure included
  EXPECT_EQ(controller.admit(pod("", R"([{"resources":{"requests":{"cpu":"1"}}}])")).message,
            kConflict);
}

TEST_F(PodTolerationRestriction, ChangedPodsGetNoDefaultsAndSubresourcesAreLeftAlone) {
  put_namespace("{}");
  EXPECT_EQ(tolerations(changed(pod(""))), "");
  Review status = pod(R"([{"key":"other","operator":"Exists"}])");
  status.action.subresource = "status";
  EXPECT_FALSE(controller.validate(status).denied);
  EXPECT_TRUE(controller.admit(status).edits.empty());
}

TEST_F(PodTolerationRestriction, WhatCannotBeReadIsAnErrorAndAMissingNamespaceIsNotFound) {
  const Reply lost = controller.admit(pod(""));
  EXPECT_EQ(lost.message, R"(namespaces "x" not found)");
  EXPECT_EQ(lost.code, 404);
  EXPECT_EQ(controller.validate(pod(R"([{"key":"a"}])")).code, 404);
  for (const char* odd :
       {"nonsense", "{}", "[1]", R"([{\"key\":1}])", R"([{\"tolerationSeconds\":1.5}])"}) {
    put_namespace(R"({"scheduler.alpha.kubernetes.io/defaultTolerations":")" + std::string(odd) +
                  R"(","scheduler.alpha.kubernetes.io/tolerationsWhitelist":")" + odd + "\"}");
    const Reply reply = controller.admit(pod(""));
    EXPECT_EQ(reply.status, LIMEN_E_INVALID) << odd;
    EXPECT_EQ(reply.error,
              "the annotation scheduler.alpha.kubernetes.io/defaultTolerations of the namespace x "
              "is no list of tolerations");
    EXPECT_EQ(controller.validate(pod(R"([{"key":"a"}])")).status, LIMEN_E_INVALID) << odd;
  }
  put_namespace(R"({"scheduler.alpha.kubernetes.io/defaultTolerations":"null"})");
  EXPECT_EQ(tolerations(pod("")), "");
}

TEST_F(PodTolerationRestriction, ABadConfigIsSaidWhereItStands) {
  const auto told = [&](const std::string& toleration) {
    std::string out;
    for (const auto& finding :
         module.check(json(R"({"whitelist":[{"operator":"Exists"},)" + toleration + "]}")))
      out += finding.pointer + " " + finding.message + "\n";
    return out;
  };
  EXPECT_EQ(
      told(R"({"key":"example.com/a","value":"b_c.d","effect":"NoExecute","tolerationSeconds":1})"),
      "");
  EXPECT_EQ(told(R"({"key":"a b","operator":"Exists"})"),
            "/whitelist/1/key whitelist[1].key: Invalid value: \"a b\": must be a label's name\n");
  EXPECT_EQ(told(R"({"value":"a"})"),
            "/whitelist/1/operator whitelist[1].operator: Invalid value: \"\": operator must be "
            "Exists when `key` is empty, which means \"match all values and all keys\"\n");
  EXPECT_EQ(
      told(R"({"key":"a","operator":"Exists","value":"b"})"),
      "/whitelist/1/operator whitelist[1].operator: Invalid value: \"b\": value must be empty "
      "when `operator` is 'Exists'\n");
  EXPECT_EQ(
      told(R"({"key":"a","value":"b c"})"),
      "/whitelist/1/operator whitelist[1].operator: Invalid value: \"b c\": must be a label's "
      "value\n");
  EXPECT_EQ(told(R"({"key":"a","operator":"In"})"),
            "/whitelist/1/operator whitelist[1].operator: Unsupported value: \"In\": supported "
            "values: \"Equal\", \"Exists\"\n");
  EXPECT_EQ(told(R"({"key":"a","effect":"Never","tolerationSeconds":1})"),
            "/whitelist/1/effect whitelist[1].effect: Invalid value: \"Never\": effect must be "
            "'NoExecute' when `tolerationSeconds` is set\n"
            "/whitelist/1/effect whitelist[1].effect: Unsupported value: \"Never\": supported "
            "values: \"NoExecute\", \"NoSchedule\", \"PreferNoSchedule\"\n");
  EXPECT_THROW(Instance(module, {.config = {{"default", {{{"key", ""}}}}}}), StartError);
}

}  // namespace
}  // namespace limen::testkit
