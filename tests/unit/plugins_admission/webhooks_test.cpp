// Which requests webhooks are asked about, when, in which order, and what follows from no answer
// (rows W1 to W6 and W10).
#include "webhooks_support.h"

namespace limen::testkit::webhook_test {
namespace {

// ---- before all that

TEST_F(ValidatingWebhooks, WithoutWebhooksNothingIsAsked) {
  EXPECT_TRUE(instance.validate(new_pod()).admitted());
  EXPECT_TRUE(hooks.asked.empty());
}

TEST_F(ValidatingWebhooks, WebhooksThatExistedAtTheStartAreAsked) {
  InstanceOptions options;
  options.prepare = [&](FakeHost& host) {
    host.put(kGroup, "validatingwebhookconfigurations",
             boost::json::object{{"metadata", {{"name", "c"}}},
                                 {"webhooks", boost::json::array{hook("w")}}});
    host.answer_http([this](const HttpCall& call) { return hooks(call); });
  };
  Instance late(module, std::move(options));
  EXPECT_TRUE(late.validate(new_pod()).admitted());
  EXPECT_EQ(hooks.asked, std::vector<std::string>{"w"});
}

// ---- W1: rules

struct RuleCase {
  const char* rule;
  std::uint32_t operation;
  const char *group, *version, *resource, *subresource, *ns;
  bool asked;
};

TEST_F(ValidatingWebhooks, RulesSayWhatAWebhookIsAskedAbout) {
  const RuleCase cases[] = {
      {R"({"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]})",
       LIMEN_OP_CREATE, "", "v1", "pods", "", "x", true},
      {R"({"operations":["UPDATE","DELETE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]})",
       LIMEN_OP_CREATE, "", "v1", "pods", "", "x", false},
      {R"({"operations":["CONNECT"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods/exec"]})",
       LIMEN_OP_CONNECT, "", "v1", "pods", "exec", "x", true},
      {R"({"operations":["*"],"apiGroups":["apps"],"apiVersions":["*"],"resources":["*"]})",
       LIMEN_OP_CREATE, "", "v1", "pods", "", "x", false},
      {R"({"operations":["*"],"apiGroups":["apps"],"apiVersions":["*"],"resources":["*"]})",
       LIMEN_OP_CREATE, "apps", "v1", "deployments", "", "x", true},
      {R"({"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*"]})",
       LIMEN_OP_UPDATE, "", "v1", "pods", "status", "x", false},
      {R"({"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*/*"]})",
       LIMEN_OP_UPDATE, "", "v1", "pods", "status", "x", true},
      {R"({"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["pods/*"]})",
       LIMEN_OP_UPDATE, "", "v1", "pods", "status", "x", true},
      {R"({"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["pods/*"]})",
       LIMEN_OP_UPDATE, "", "v1", "nodes", "status", "", false},
      {R"({"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*/scale"]})",
       LIMEN_OP_UPDATE, "apps", "v1", "deployments", "scale", "x", true},
      {R"({"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*/scale"]})",
       LIMEN_OP_UPDATE, "apps", "v1", "deployments", "", "x", false},
      {R"({"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*"],"scope":"Cluster"})",
       LIMEN_OP_CREATE, "", "v1", "pods", "", "x", false},
      {R"({"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*"],"scope":"Cluster"})",
       LIMEN_OP_CREATE, "", "v1", "nodes", "", "", true},
      {R"({"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*"],"scope":"Namespaced"})",
       LIMEN_OP_CREATE, "", "v1", "pods", "", "x", true},
      {R"({"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*"],"scope":"Namespaced"})",
       LIMEN_OP_CREATE, "", "v1", "namespaces", "", "n", false},
      {R"({"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*"],"scope":"*"})",
       LIMEN_OP_CREATE, "", "v1", "namespaces", "", "n", true}};
  for (const RuleCase& one : cases) {
    Review review = new_pod();
    review.operation = one.operation;
    review.action.api_group = one.group;
    review.action.api_version = one.version;
    review.action.resource = one.resource;
    review.action.subresource = one.subresource;
    review.action.ns = one.ns;
    EXPECT_EQ(asked(std::string(R"({"rules":[)") + one.rule + "]}", review), one.asked ? 1u : 0u)
        << one.rule << " " << one.resource << "/" << one.subresource;
  }
}

// ---- W2: selectors

TEST_F(ValidatingWebhooks, TheNamespaceSelectorLooksAtTheLabelsOfTheNamespace) {
  put_namespace("x", R"({"env":"prod"})");
  const auto selects = [&](const std::string& selector) {
    return asked(R"({"namespaceSelector":)" + selector + "}", new_pod()) == 1;
  };
  EXPECT_TRUE(selects("{}"));
  EXPECT_TRUE(selects(R"({"matchLabels":{"env":"prod"}})"));
  EXPECT_FALSE(selects(R"({"matchLabels":{"env":"test"}})"));
  EXPECT_TRUE(
      selects(R"({"matchExpressions":[{"key":"env","operator":"In","values":["a","prod"]}]})"));
  EXPECT_FALSE(
      selects(R"({"matchExpressions":[{"key":"env","operator":"NotIn","values":["prod"]}]})"));
  EXPECT_TRUE(
      selects(R"({"matchExpressions":[{"key":"no","operator":"NotIn","values":["prod"]}]})"));
  EXPECT_TRUE(selects(R"({"matchExpressions":[{"key":"env","operator":"Exists"}]})"));
  EXPECT_FALSE(selects(R"({"matchExpressions":[{"key":"env","operator":"DoesNotExist"}]})"));
}

TEST_F(ValidatingWebhooks, ASelectorThatCannotBeReadRefuses) {
  EXPECT_EQ(asked(R"({"failurePolicy":"Ignore","namespaceSelector":{"matchExpressions":[)"
                  R"({"key":"env","operator":"Like"}]}})",
                  new_pod()),
            0u);
  EXPECT_EQ(reply.code, 500);
  EXPECT_EQ(reply.message,
            "Internal error occurred: \"Like\" is not a valid label selector operator");
}

TEST_F(ValidatingWebhooks, OfAMissingNamespaceThereAreNoLabels) {
  EXPECT_EQ(asked(R"({"namespaceSelector":{"matchLabels":{"env":"prod"}}})", new_pod()), 0u);
  EXPECT_EQ(reply.code, 404);
  EXPECT_EQ(reply.message, "namespaces \"x\" not found");
}

TEST_F(ValidatingWebhooks, ClusterScopedObjectsAreInNoNamespaceToSelect) {
  Review review = of("nodes", json(R"({"metadata":{"name":"n"}})"));
  review.action.ns = "";
  EXPECT_EQ(asked(R"({"namespaceSelector":{"matchLabels":{"env":"prod"}}})", review), 1u);
}

TEST_F(ValidatingWebhooks, ANamespaceIsSelectedByItsOwnLabels) {
  const std::string prod = R"({"namespaceSelector":{"matchLabels":{"env":"prod"}}})";
  const Json now = json(R"({"metadata":{"name":"n","labels":{"env":"prod"}}})");
  const Json bare = json(R"({"metadata":{"name":"n"}})");
  Review review = of("namespaces", now);
  review.action.ns = "";
  EXPECT_EQ(asked(prod, review), 1u);
  review.object = bare;
  EXPECT_EQ(asked(prod, review), 0u);
  review = update("namespaces", bare, now);
  EXPECT_EQ(asked(prod, review), 1u) << "an update by its new labels";
  put_namespace("n", R"({"env":"prod"})");
  review.operation = LIMEN_OP_DELETE;
  review.object = Json();
  EXPECT_EQ(asked(prod, review), 1u) << "a deletion by those stored";
  EXPECT_EQ(hooks.calls.size(), 3u);
  EXPECT_EQ(hooks.request(2).at("namespace"), "n");
}

TEST_F(ValidatingWebhooks, TheObjectSelectorLooksAtTheOldOrTheNewObject) {
  const std::string a = R"({"objectSelector":{"matchLabels":{"app":"a"}}})";
  EXPECT_EQ(asked(a, new_pod(R"({"app":"a"})")), 1u);
  EXPECT_EQ(asked(a, new_pod(R"({"app":"b"})")), 0u);
  const Json with = pod(R"({"app":"a"})"), without = pod();
  EXPECT_EQ(asked(a, update("pods", without, with)), 1u);
  EXPECT_EQ(asked(a, update("pods", with, without)), 1u);
  EXPECT_EQ(asked(a, update("pods", without, without)), 0u);
  EXPECT_EQ(asked(a, deleted_pod(R"({"app":"a"})")), 1u);
  EXPECT_EQ(asked(a, deleted_pod()), 0u);
}

TEST_F(ValidatingWebhooks, AnObjectWithoutMetadataIsNotSelected) {
  Review review = of("pods", json(R"({"kind":"PodExecOptions"})"), LIMEN_OP_CONNECT);
  review.action.subresource = "exec";
  EXPECT_EQ(
      asked(R"({"objectSelector":{"matchExpressions":[{"key":"a","operator":"DoesNotExist"}]}})",
            review),
      0u);
  EXPECT_EQ(asked("{}", review), 1u);
}

TEST_F(ValidatingWebhooks, AWebhookWithMatchConditionsFailsByItsPolicy) {
  const std::string conditions = R"("matchConditions":[{"name":"a","expression":"true"}])";
  EXPECT_EQ(asked("{" + conditions + "}", new_pod()), 0u);
  EXPECT_EQ(reply.code, 500);
  EXPECT_EQ(reply.message,
            "Internal error occurred: failed calling webhook \"w\": its matchConditions are not "
            "evaluated by this version of Limen");
  EXPECT_EQ(asked("{" + conditions + R"(,"failurePolicy":"Ignore"})", new_pod()), 0u);
  EXPECT_TRUE(reply.admitted());
}

// ---- W3: failure policy

TEST_F(ValidatingWebhooks, AWebhookThatDoesNotAnswerRefuses) {
  hooks.scripts["w"] = Hooks::fails(LIMEN_E_UNAVAILABLE, "connection refused");
  EXPECT_EQ(asked("{}", new_pod()), 1u);
  EXPECT_EQ(reply.code, 500);
  EXPECT_EQ(reply.reason, "InternalError");
  EXPECT_EQ(reply.message,
            "Internal error occurred: failed calling webhook \"w\": failed to call webhook: Post "
            "\"https://hooks.test/w?timeout=10s\": connection refused");
  ASSERT_EQ(reply.causes.size(), 2u);
  EXPECT_EQ(reply.causes[1].second,
            "webhook \"w\" of the ValidatingWebhookConfiguration \"c\" took 0 ms");
  EXPECT_EQ(instance.host().metric("webhook_rejection_count{w,CREATE,calling_webhook_error,0}"), 1);
}

TEST_F(ValidatingWebhooks, AFailureIsIgnoredWhereThePolicySaysSo) {
  hooks.scripts["w"] = Hooks::fails(LIMEN_E_UNAVAILABLE);
  EXPECT_EQ(asked(R"({"failurePolicy":"Ignore"})", new_pod()), 1u);
  EXPECT_TRUE(reply.admitted());
  EXPECT_EQ(annotation(reply, "failed-open.validating.webhook.admission.k8s.io/round_0_index_0"),
            "w");
  EXPECT_EQ(instance.host().metric("webhook_fail_open_count{w}"), 1);
}

TEST_F(MutatingWebhooks, AFailureIsIgnoredWhereThePolicySaysSo) {
  hooks.scripts["w"] = Hooks::fails(LIMEN_E_UNAVAILABLE);
  EXPECT_EQ(asked(R"({"failurePolicy":"Ignore"})", new_pod()), 1u);
  EXPECT_TRUE(reply.admitted());
  EXPECT_EQ(annotation(reply, "failed-open.mutation.webhook.admission.k8s.io/round_0_index_0"),
            "w");
}

TEST_F(MutatingWebhooks, AWebhookThatDoesNotAnswerRefusesAndTheNextIsNotAsked) {
  hooks.scripts["a"] = Hooks::code(503);
  configure("c", {hook("a"), hook("b")});
  reply = instance.admit(new_pod());
  EXPECT_EQ(reply.message,
            "Internal error occurred: failed calling webhook \"a\": failed to call webhook: the "
            "server is currently unable to handle the request");
  EXPECT_EQ(hooks.asked, std::vector<std::string>{"a"});
}

// None of them is sent anything, so each is answered inside its question.
TEST_F(MutatingWebhooks, ManyThatCannotBeAskedTakeNoMoreStackThanOne) {
  const std::string conditions =
      R"({"matchConditions":[{"name":"a","expression":"true"}],"failurePolicy":"Ignore"})";
  configure("c", std::vector<Json>(5000, hook("w", conditions)));
  reply = instance.admit(new_pod());
  EXPECT_TRUE(reply.admitted());
  EXPECT_EQ(annotation(reply, "failed-open.mutation.webhook.admission.k8s.io/round_0_index_4999"),
            "w");
}

TEST_F(ValidatingWebhooks, ARefusalIsNotAFailure) {
  hooks.scripts["w"] = Hooks::denies();
  EXPECT_EQ(asked(R"({"failurePolicy":"Ignore"})", new_pod()), 1u);
  EXPECT_TRUE(reply.denied);
}

// ---- W4: time

TEST_F(ValidatingWebhooks, AWebhookHasItsTimeAndIsToldOfIt) {
  EXPECT_EQ(asked("{}", new_pod()), 1u);
  EXPECT_EQ(hooks.calls[0].url, "https://hooks.test/w?timeout=10s");
  EXPECT_EQ(hooks.calls[0].timeout, seconds(10));
  EXPECT_EQ(asked(R"({"timeoutSeconds":3})", new_pod()), 1u);
  EXPECT_EQ(hooks.calls[1].url, "https://hooks.test/w?timeout=3s");
  EXPECT_EQ(hooks.calls[1].timeout, seconds(3));
}

TEST_F(ValidatingWebhooks, TheTimeOfTheCallBoundsThatOfTheWebhook) {
  instance.set_timeout(seconds(5));
  EXPECT_EQ(asked("{}", new_pod()), 1u);
  EXPECT_EQ(hooks.calls[0].timeout, std::chrono::milliseconds(4900));
  EXPECT_EQ(hooks.calls[0].url, "https://hooks.test/w?timeout=5s");
}

TEST_F(ValidatingWebhooks, AnAnswerThatComesTooLateIsAFailure) {
  hooks.scripts["w"] = Hooks::fails(LIMEN_E_DEADLINE, "no answer within the deadline");
  EXPECT_EQ(asked(R"({"timeoutSeconds":1})", new_pod()), 1u);
  EXPECT_EQ(reply.message,
            "Internal error occurred: failed calling webhook \"w\": failed to call webhook: Post "
            "\"https://hooks.test/w?timeout=1s\": context deadline exceeded");
  EXPECT_EQ(asked(R"({"timeoutSeconds":1,"failurePolicy":"Ignore"})", new_pod()), 1u);
  EXPECT_TRUE(reply.admitted());
}

TEST_F(MutatingWebhooks, WhenTheRequestHasNoTimeLeftIgnoringDoesNotHelp) {
  hooks.scripts["a"] = [this](const Json&) {
    instance.host().advance(seconds(9));
    HttpReply late;
    late.status = LIMEN_E_DEADLINE;
    return late;
  };
  instance.set_timeout(seconds(9));
  configure("c", {hook("a", R"({"failurePolicy":"Ignore"})"), hook("b")});
  reply = instance.admit(new_pod());
  EXPECT_EQ(reply.code, 504);
  EXPECT_EQ(reply.reason, "Timeout");
  EXPECT_EQ(reply.message, "Timeout: request did not complete within requested timeout");
  EXPECT_EQ(hooks.asked, std::vector<std::string>{"a"});
}

// ---- W5: side effects

TEST_F(ValidatingWebhooks, OnlyWebhooksWithoutSideEffectsTakePartInADryRun) {
  Review review = new_pod();
  review.dry_run = true;
  for (const char* none : {"None", "NoneOnDryRun"}) {
    EXPECT_EQ(asked(std::string(R"({"sideEffects":")") + none + "\"}", review), 1u) << none;
    EXPECT_TRUE(reply.admitted());
  }
  EXPECT_EQ(hooks.request().at("dryRun"), true);
  for (const char* some : {"Some", "Unknown"}) {
    EXPECT_EQ(
        asked(std::string(R"({"failurePolicy":"Ignore","sideEffects":")") + some + "\"}", review),
        0u)
        << some;
    EXPECT_EQ(reply.code, 400);
    EXPECT_EQ(reply.reason, "BadRequest");
    EXPECT_EQ(reply.message, "admission webhook \"w\" does not support dry run");
  }
  review.dry_run = false;
  EXPECT_EQ(asked(R"({"sideEffects":"Some"})", review), 1u);
}

// ---- W6: order and reinvocation

TEST_F(MutatingWebhooks, WebhooksAreAskedByTheNameOfTheirConfigurationAndInItsOrder) {
  configure("b", {hook("b2"), hook("b1")});
  configure("a", {hook("a1")});
  reply = instance.admit(new_pod());
  EXPECT_EQ(hooks.asked, (std::vector<std::string>{"a1", "b2", "b1"}));
  EXPECT_EQ(annotation(reply, "mutation.webhook.admission.k8s.io/round_0_index_2"),
            R"({"configuration":"b","webhook":"b1","mutated":false})");
  instance.host().remove(kGroup, resource_, "", "b");
  hooks.asked.clear();
  instance.admit(new_pod());
  EXPECT_EQ(hooks.asked, std::vector<std::string>{"a1"});
}

TEST_F(MutatingWebhooks, EachWebhookSeesWhatTheOnesBeforeHaveMade) {
  hooks.scripts["a"] = Hooks::patches(kAddLabel);
  configure("c", {hook("a"), hook("b", R"({"objectSelector":{"matchLabels":{"seen":"yes"}}})")});
  reply = instance.admit(new_pod());
  ASSERT_EQ(hooks.asked, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(hooks.request(1).at_pointer("/object/metadata/labels/seen"), "yes");
  EXPECT_EQ(at(reply.object, "/metadata/labels/seen"), "\"yes\"");
}

TEST_F(MutatingWebhooks, WhoWantsToIsAskedAgainAfterALaterChange) {
  hooks.scripts["b"] = Hooks::patches(kAddLabel);
  const std::string again = R"({"reinvocationPolicy":"IfNeeded"})";
  configure("c", {hook("a", again), hook("never"), hook("b", again)});
  reply = instance.admit(new_pod());
  EXPECT_EQ(hooks.asked, (std::vector<std::string>{"a", "never", "b", "a"}));
  EXPECT_EQ(annotation(reply, "mutation.webhook.admission.k8s.io/round_1_index_0"),
            R"({"configuration":"c","webhook":"a","mutated":false})");
}

TEST_F(MutatingWebhooks, WithoutALaterChangeNobodyIsAskedAgain) {
  hooks.scripts["a"] = Hooks::patches(kAddLabel);
  const std::string again = R"({"reinvocationPolicy":"IfNeeded"})";
  configure("c", {hook("a", again), hook("b", again)});
  instance.admit(new_pod());
  EXPECT_EQ(hooks.asked, (std::vector<std::string>{"a", "b"}));
}

TEST_F(MutatingWebhooks, NobodyIsAskedForTheFirstTimeInTheSecondRound) {
  hooks.scripts["b"] = Hooks::patches(kAddLabel);
  configure("c", {hook("a", R"({"reinvocationPolicy":"IfNeeded",)"
                            R"("objectSelector":{"matchLabels":{"seen":"yes"}}})"),
                  hook("b")});
  instance.admit(new_pod());
  EXPECT_EQ(hooks.asked, std::vector<std::string>{"b"});
}

// Where others have looked before, a change brings the whole chain round: that is the second round.
class MutatingWebhooksTwice : public MutatingWebhooks {
 protected:
  MutatingWebhooksTwice() { review.comes_again = true; }
  using Names = std::vector<std::string>;
  // Who is asked in the first round, and in the second.
  Names first() {
    hooks.asked.clear();
    reply = instance.admit(review);
    review.object = reply.object;
    review.comes_again = false;
    review.reinvocation = true;
    return hooks.asked;
  }
  Names second() {
    hooks.asked.clear();
    reply = instance.admit(review);
    return hooks.asked;
  }
  void others_change_it() { review.object.at("spec").as_object()["nodeName"] = "elsewhere"; }

  const std::string again = R"({"reinvocationPolicy":"IfNeeded"})";
  Review review = new_pod();
};

TEST_F(MutatingWebhooksTwice, WhoWasAskedBeforeAChangeIsAskedInTheSecondRound) {
  hooks.scripts["b"] = Hooks::patches(kAddLabel);
  configure("c", {hook("a", again), hook("never"), hook("b", again)});
  EXPECT_EQ(first(), (Names{"a", "never", "b"}));
  EXPECT_EQ(second(), Names{"a"});
  EXPECT_EQ(annotation(reply, "mutation.webhook.admission.k8s.io/round_1_index_0"),
            R"({"configuration":"c","webhook":"a","mutated":false})");
}

TEST_F(MutatingWebhooksTwice, WhatOthersChangeConcernsAllThatWantToBeAskedAgain) {
  configure("c", {hook("a", again), hook("never"), hook("b", again)});
  EXPECT_EQ(first(), (Names{"a", "never", "b"}));
  others_change_it();
  EXPECT_EQ(second(), (Names{"a", "b"}));
}

TEST_F(MutatingWebhooksTwice, AnObjectThatIsAsTheWebhooksLeftItConcernsNobody) {
  hooks.scripts["a"] = Hooks::patches(kAddLabel);
  configure("c", {hook("a", again), hook("b", again)});
  EXPECT_EQ(first(), (Names{"a", "b"}));
  EXPECT_EQ(second(), Names{});
}

TEST_F(MutatingWebhooksTwice, AChangeInTheSecondRoundConcernsThoseThatComeAfterIt) {
  hooks.scripts["b"] = Hooks::patches(kAddLabel);
  configure("c", {hook("a", again), hook("b", again), hook("c", again)});
  EXPECT_EQ(first(), (Names{"a", "b", "c"}));
  hooks.scripts["a"] = Hooks::patches(R"([{"op":"add","path":"/metadata/labels/a","value":"1"}])");
  EXPECT_EQ(second(), (Names{"a", "b", "c"}));
}

TEST_F(MutatingWebhooksTwice, NobodyIsAskedForTheFirstTimeInTheSecondRound) {
  configure("c", {hook("a", again), hook("b", R"({"reinvocationPolicy":"IfNeeded",)"
                                              R"("objectSelector":{"matchLabels":{"x":"y"}}})")});
  EXPECT_EQ(first(), Names{"a"});
  review.object.at("metadata").at("labels").as_object()["x"] = "y";
  EXPECT_EQ(second(), Names{"a"});
}

TEST_F(MutatingWebhooksTwice, NobodyIsAskedAThirdTime) {
  hooks.scripts["b"] = Hooks::patches(kAddLabel);
  configure("c", {hook("a", again), hook("b", again)});
  review.comes_again = false;
  EXPECT_EQ(first(), (Names{"a", "b", "a"})) << "nobody else brings the chain round";
  others_change_it();
  EXPECT_EQ(second(), Names{"b"});
  EXPECT_EQ(second(), Names{}) << "there is no third round";
}

TEST_F(MutatingWebhooksTwice, AnotherWriteIsNoSecondRound) {
  configure("c", {hook("a", again)});
  EXPECT_EQ(first(), Names{"a"});
  others_change_it();
  ++review.write;
  EXPECT_EQ(second(), Names{});
}

TEST_F(MutatingWebhooks, AWebhookThatHasDoneItsWorkChangesNothingMore) {
  hooks.scripts["w"] = Hooks::patches(kAddLabel);
  configure("c", {hook("w", R"({"reinvocationPolicy":"IfNeeded"})")});
  EXPECT_TRUE(instance.admits_idempotently(new_pod()));
}

TEST_F(ValidatingWebhooks, WebhooksAreAskedAllAtOnceAndTheFirstRefusalInOrderIsTold) {
  std::size_t waiting = 0;
  hooks.scripts["a"] = [&](const Json& request) {
    waiting = instance.host().pending_jobs();
    return Hooks::says(request, R"("allowed":true)");
  };
  hooks.scripts["b"] = Hooks::denies(R"({"message":"b says no"})");
  hooks.scripts["c"] = Hooks::denies(R"({"message":"c says no"})");
  configure("all", {hook("a"), hook("b"), hook("c")});
  reply = instance.validate(new_pod());
  EXPECT_EQ(waiting, 2u) << "the others are under way";
  EXPECT_EQ(hooks.asked.size(), 3u);
  EXPECT_EQ(reply.message, "admission webhook \"b\" denied the request: b says no");
}

// ---- W10: what is never sent

TEST_F(ValidatingWebhooks, ConfigurationsAndPoliciesAreNeverSentToWebhooks) {
  for (const char* resource : {"validatingwebhookconfigurations", "mutatingwebhookconfigurations",
                               "validatingadmissionpolicies", "validatingadmissionpolicybindings",
                               "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"}) {
    Review review = in_group(kGroup, resource, json(R"({"metadata":{"name":"n"}})"));
    review.action.ns = "";
    EXPECT_EQ(asked("{}", review), 0u) << resource;
    EXPECT_TRUE(reply.admitted());
  }
}

TEST_F(MutatingWebhooks, ConfigurationsAndPoliciesAreNeverSentToWebhooks) {
  Review review = in_group(kGroup, resource_, json(R"({"metadata":{"name":"n"}})"));
  review.operation = LIMEN_OP_DELETE;
  EXPECT_EQ(asked("{}", review), 0u);
  EXPECT_TRUE(reply.admitted());
}

}  // namespace
}  // namespace limen::testkit::webhook_test
