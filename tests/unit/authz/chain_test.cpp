#include "authz/chain.h"

#include <gtest/gtest.h>

#include "support/inline_executor.h"

namespace limen::authz {
namespace {

class Fixed final : public Authorizer {
 public:
  Fixed(std::string name, Result result) : name_(std::move(name)), result_(std::move(result)) {}
  const std::string& name() const override { return name_; }
  base::Task<Result> authorize(const Attributes& attributes, request::CallScope&) override {
    ++calls;
    explained = attributes.explain;
    co_return result_;
  }
  base::Task<Rules> rules_for(const request::Identity&, const std::string&,
                              request::CallScope&) override {
    Rules rules;
    rules.incomplete = true;
    rules.error = name_ + " cannot tell";
    co_return rules;
  }
  int calls = 0;
  bool explained = false;  // the last call

 private:
  std::string name_;
  Result result_;
};

class AuthzChain : public testing::Test {
 protected:
  std::shared_ptr<Fixed> add(std::string name, Verdict verdict, std::string reason = {},
                             std::string error = {}) {
    auto one = std::make_shared<Fixed>(std::move(name),
                                       Result{verdict, std::move(reason), std::move(error)});
    authorizers_.push_back(one);
    return one;
  }
  Outcome ask() {
    const Chain chain(authorizers_);
    request::CallScope scope(loop_, base::Deadline::max());
    Attributes attributes;
    attributes.user = &user_;
    attributes.verb = "get";
    return test::run_task(loop_, chain.authorize(attributes, scope));
  }
  Explanation explain() {
    const Chain chain(authorizers_);
    request::CallScope scope(loop_, base::Deadline::max());
    Attributes attributes;
    attributes.user = &user_;
    attributes.verb = "get";
    return test::run_task(loop_, chain.explain(attributes, scope));
  }
  // "NAME=VERDICT" of every step; NAME alone: not asked.
  static std::string story(const Explanation& explanation) {
    std::string text;
    for (const Step& step : explanation.steps) {
      if (!text.empty()) text += ' ';
      text += step.name;
      if (!step.asked) continue;
      constexpr const char* kNames[] = {"=deny", "=allow", "=none"};
      text += kNames[static_cast<int>(step.result.verdict)];
    }
    return text;
  }
  test::InlineExecutor loop_;
  request::Identity user_{"bob", "", {}, {}};
  std::vector<std::shared_ptr<Authorizer>> authorizers_;
};

TEST_F(AuthzChain, TheZeroValueOfAResultDenies) { EXPECT_EQ(Result{}.verdict, Verdict::deny); }

TEST_F(AuthzChain, TheFirstAllowEndsIt) {
  add("one", Verdict::no_opinion, "one has none");
  add("two", Verdict::allow, "two says so");
  const auto third = add("three", Verdict::deny);
  const Outcome outcome = ask();
  EXPECT_TRUE(outcome.allowed);
  EXPECT_EQ(outcome.reason, "two says so");
  EXPECT_EQ(outcome.by, "two");
  EXPECT_EQ(third->calls, 0);
}

TEST_F(AuthzChain, ADenyEndsIt) {
  add("one", Verdict::deny, "never");
  const auto second = add("two", Verdict::allow);
  const Outcome outcome = ask();
  EXPECT_FALSE(outcome.allowed);
  EXPECT_TRUE(outcome.denied);
  EXPECT_EQ(second->calls, 0);
}

TEST_F(AuthzChain, NobodyWithAnOpinionIsARefusalWithEveryReason) {
  add("one", Verdict::no_opinion, "no rule");
  add("two", Verdict::no_opinion);
  add("three", Verdict::no_opinion, "No policy matched.");
  const Outcome outcome = ask();
  EXPECT_FALSE(outcome.allowed);
  EXPECT_FALSE(outcome.denied);
  EXPECT_EQ(outcome.reason, "no rule\nNo policy matched.");
}

TEST_F(AuthzChain, AnErrorIsForgottenWhenSomebodyAllows) {
  add("one", Verdict::no_opinion, "", "webhook down");
  add("two", Verdict::allow);
  EXPECT_TRUE(ask().allowed);
  EXPECT_TRUE(ask().error.empty());
}

TEST_F(AuthzChain, AnErrorWithNobodyAllowingIsTold) {
  add("one", Verdict::no_opinion, "", "webhook down");
  add("two", Verdict::no_opinion);
  EXPECT_FALSE(ask().allowed);
  EXPECT_EQ(ask().error, "webhook down");
}

TEST_F(AuthzChain, WhoDeniesIsHeardAlone) {
  add("one", Verdict::no_opinion, "no rule", "webhook down");
  add("two", Verdict::deny, "not on Sundays");
  const Outcome outcome = ask();
  EXPECT_TRUE(outcome.denied);
  EXPECT_EQ(outcome.reason, "not on Sundays");
  EXPECT_EQ(outcome.error, "") << "403, not 500: that the first one failed changed nothing";
  EXPECT_EQ(outcome.by, "two");
}

TEST_F(AuthzChain, AnErrorOfWhoDeniesIsTold) {
  add("one", Verdict::deny, "", "webhook down");
  const auto second = add("two", Verdict::allow);
  EXPECT_TRUE(ask().denied);
  EXPECT_EQ(ask().error, "webhook down");
  EXPECT_EQ(second->calls, 0);
}

TEST_F(AuthzChain, ErrorsWithNobodyAllowingAreToldTogether) {
  add("one", Verdict::no_opinion, "", "webhook down");
  add("two", Verdict::no_opinion, "", "directory down");
  EXPECT_EQ(ask().error, "[webhook down, directory down]");
}

TEST_F(AuthzChain, SystemMastersNeedNobody) {
  const auto one = add("one", Verdict::deny);
  user_.groups = {"system:masters"};
  EXPECT_TRUE(ask().allowed);
  EXPECT_EQ(one->calls, 0);
}

TEST_F(AuthzChain, ExplainingTellsOfEveryStepAndWhoWasNotAsked) {
  add("one", Verdict::no_opinion, "one has none", "one is ill");
  const auto two = add("two", Verdict::allow, "two says so");
  const auto three = add("three", Verdict::deny);
  const Explanation explanation = explain();
  EXPECT_EQ(story(explanation), "system:masters=none one=none two=allow three");
  EXPECT_EQ(explanation.steps[1].result.reason, "one has none");
  EXPECT_EQ(explanation.steps[1].result.error, "one is ill");
  EXPECT_EQ(explanation.steps[2].module, "two");
  EXPECT_GE(explanation.steps[2].took.count(), 1);
  EXPECT_TRUE(two->explained);
  EXPECT_EQ(three->calls, 0);
  ask();
  EXPECT_FALSE(two->explained) << "only an explanation is announced as one";
}

TEST_F(AuthzChain, AnExplanationHasTheOutcomeOfTheRequest) {
  const auto same = [this] {
    const Outcome asked = ask();
    const Outcome explained = explain().outcome;
    EXPECT_EQ(asked.allowed, explained.allowed);
    EXPECT_EQ(asked.denied, explained.denied);
    EXPECT_EQ(asked.reason, explained.reason);
    EXPECT_EQ(asked.error, explained.error);
    EXPECT_EQ(asked.by, explained.by);
  };
  same();
  add("one", Verdict::no_opinion, "no rule", "one is ill");
  same();
  add("two", Verdict::no_opinion, "none here", "two is ill");
  same();
  add("three", Verdict::deny, "never");
  same();
  authorizers_.back() = std::make_shared<Fixed>("three", Result{Verdict::allow, "yes", ""});
  same();
  user_.groups = {"system:masters"};
  same();
}

TEST_F(AuthzChain, TheSuperuserRuleIsAStepOfItsOwn) {
  const auto one = add("one", Verdict::deny);
  user_.groups = {"system:masters"};
  EXPECT_EQ(story(explain()), "system:masters=allow one");
  EXPECT_EQ(one->calls, 0);
}

TEST_F(AuthzChain, AnEmptyChainAllowsNothing) { EXPECT_FALSE(ask().allowed); }

TEST_F(AuthzChain, TheSuperuserRuleIsNoneOfTheRules) {
  request::CallScope scope(loop_, base::Deadline::max());
  const request::Identity root{"root", "", {"system:masters"}, {}};
  const Rules rules = test::run_task(loop_, Chain{}.rules_for(root, "default", scope));
  EXPECT_TRUE(rules.resource_rules.empty());
  EXPECT_TRUE(rules.non_resource_rules.empty());
}

TEST_F(AuthzChain, RulesAreMergedWithTheReasonsForTheirGaps) {
  add("one", Verdict::allow);
  add("two", Verdict::allow);
  const Chain chain(authorizers_);
  request::CallScope scope(loop_, base::Deadline::max());
  const Rules rules = test::run_task(loop_, chain.rules_for(user_, "default", scope));
  EXPECT_TRUE(rules.incomplete);
  EXPECT_EQ(rules.error, "[one cannot tell, two cannot tell]");
}

TEST(ForbiddenMessage, IsKubernetesText) {
  const request::Identity user{"bob", "", {}, {}};
  Attributes attributes;
  attributes.user = &user;
  attributes.verb = "get";
  attributes.path = "/metrics";
  EXPECT_EQ(forbidden_message(attributes), "User \"bob\" cannot get path \"/metrics\"");
  attributes.is_resource = true;
  attributes.resource = "deployments";
  attributes.subresource = "scale";
  attributes.group = "apps";
  EXPECT_EQ(forbidden_message(attributes),
            "User \"bob\" cannot get resource \"deployments/scale\" in API group \"apps\" at the "
            "cluster scope");
  attributes.ns = "x";
  EXPECT_EQ(forbidden_message(attributes),
            "User \"bob\" cannot get resource \"deployments/scale\" in API group \"apps\" in the "
            "namespace \"x\"");
}

}  // namespace
}  // namespace limen::authz
