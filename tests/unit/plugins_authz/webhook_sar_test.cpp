// webhook-sar on the fake host, whose HTTP is answered here.
#include <gtest/gtest.h>

#include "unit/plugins_authn/support.h"

namespace limen::plugins {
namespace {

using testkit::Action;
using testkit::HttpCall;
using testkit::HttpReply;
using testkit::Json;
using namespace std::chrono_literals;

std::string kubeconfig(const std::string& server) {
  return "current-context: hook\ncontexts: [{name: hook, context: {cluster: c, user: u}}]\n"
         "clusters: [{name: c, cluster: {server: \"" +
         server + "\"}}]\nusers: [{name: u, user: {token: hook-secret}}]\n";
}

HttpReply review(const std::string& status, const std::string& version = "v1") {
  return {.code = 201,
          .body = R"({"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/)" + version +
                  R"(","status":)" + status + "}"};
}
const std::string kAllowed = R"({"allowed":true,"reason":"a friend"})";
const std::string kNoOpinion = R"({"allowed":false,"reason":"never heard of"})";
const std::string kDenied = R"({"allowed":false,"denied":true,"reason":"not on Sundays"})";
const std::string kLie = R"({"allowed":true,"denied":true,"reason":"?"})";

Action get_pods() {
  return {.user = {.name = "ada", .groups = {"g"}}, .resource = "pods", .ns = "x", .name = "p"};
}

class WebhookSar : public testing::Test {
 protected:
  void open(boost::json::object config = {}) {
    path_ = scratch_.write("hook", kubeconfig("https://hook.example/authorize"));
    config["kubeconfig"] = path_;
    config.emplace("failurePolicy", "NoOpinion");
    instance_.reset();
    instance_ = std::make_unique<testkit::Instance>(
        test::module("webhook-sar"),
        testkit::InstanceOptions{.config = config, .prepare = [this](testkit::FakeHost& host) {
                                   host.answer_http([this](const HttpCall& call) {
                                     calls_.push_back(call);
                                     asked_at_.push_back(instance_ ? instance_->host().now() : 0ns);
                                     return answer_(call);
                                   });
                                 }});
  }
  void answer_with(HttpReply reply) {
    answer_ = [reply](const HttpCall&) { return reply; };
  }
  testkit::Reply ask(const Action& action = get_pods()) {
    testkit::Reply reply = instance_->authorize(action);
    EXPECT_EQ(reply.status, LIMEN_OK) << reply.error;
    return reply;
  }
  testkit::Reply ask_about(const std::string& name) {
    Action action = get_pods();
    action.name = name;
    return ask(action);
  }
  Json spec(const Action& action) {
    ask(action);
    return boost::json::parse(calls_.back().body).at("spec");
  }
  double metric(const std::string& name) { return instance_->host().metric(name); }

  test::Scratch scratch_;
  std::string path_;
  std::function<HttpReply(const HttpCall&)> answer_ = [](const HttpCall&) {
    return review(kAllowed);
  };
  std::vector<HttpCall> calls_;
  std::vector<std::chrono::nanoseconds> asked_at_;
  std::unique_ptr<testkit::Instance> instance_;
};

// ---- the question -------------------------------------------------------------------------------

TEST_F(WebhookSar, PostsWhatKubeApiserverPosts) {
  open();
  instance_->set_timeout(60s);
  ask({.user = {.name = "ada",
                .uid = "7",
                .groups = {"g2", "g1"},
                .extra = {{"scopes", "y"}, {"acme.io/a", "1"}, {"scopes", "x"}}},
       .verb = "update",
       .api_group = "apps",
       .api_version = "v1",
       .resource = "deployments",
       .subresource = "scale",
       .ns = "prod",
       .name = "web"});
  ASSERT_EQ(calls_.size(), 1u);
  const HttpCall& call = calls_[0];
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.url, "https://hook.example/authorize");
  EXPECT_EQ(call.timeout, 30s);
  EXPECT_EQ(call.headers[0],
            (std::pair<std::string, std::string>("Authorization", "Bearer hook-secret")));
  EXPECT_EQ(call.body,
            R"({"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},)"
            R"("spec":{"resourceAttributes":{"namespace":"prod","verb":"update","group":"apps",)"
            R"("version":"v1","resource":"deployments","subresource":"scale","name":"web"},)"
            R"("user":"ada","groups":["g2","g1"],)"
            R"("extra":{"acme.io/a":["1"],"scopes":["y","x"]},"uid":"7"},)"
            R"("status":{"allowed":false}})"
            "\n");
}

TEST_F(WebhookSar, LeavesOutWhatIsEmpty) {
  open();
  EXPECT_EQ(
      spec({.user = {.name = "ada"}, .verb = "list", .api_version = "v1", .resource = "nodes"}),
      boost::json::parse(R"({"resourceAttributes":
                {"verb":"list","version":"v1","resource":"nodes"},"user":"ada"})"));
  EXPECT_EQ(spec({.user = {.name = "", .groups = {"system:unauthenticated"}}, .path = "/healthz"}),
            boost::json::parse(R"({"nonResourceAttributes":{"path":"/healthz","verb":"get"},
                                   "groups":["system:unauthenticated"]})"));
}

TEST_F(WebhookSar, V1beta1SpeaksOfGroupsInTheSingular) {
  open({{"version", "v1beta1"}});
  answer_with(review(kAllowed, "v1beta1"));
  EXPECT_EQ(ask().verdict, LIMEN_ALLOW);
  const Json body = boost::json::parse(calls_[0].body);
  EXPECT_EQ(body.at("apiVersion"), Json("authorization.k8s.io/v1beta1"));
  EXPECT_EQ(body.at("spec").at("group"), Json(boost::json::array{"g"}));
  EXPECT_FALSE(body.at("spec").as_object().contains("groups"));
}

TEST_F(WebhookSar, SelectorsAreRequirements) {
  open();
  Action action = get_pods();
  action.verb = "list";
  action.field_selector = "spec.nodeName=n1,a!=b";
  action.field_requirements = {{"spec.nodeName", LIMEN_OP_IN, {"n1"}},
                               {"a", LIMEN_OP_NOT_IN, {"b"}}};
  action.label_requirements = {{"c", LIMEN_OP_IN, {"1", "2"}},
                               {"d", LIMEN_OP_EXISTS},
                               {"e", LIMEN_OP_DOES_NOT_EXIST},
                               {"f", LIMEN_OP_NOT_IN, {"3"}}};
  const Json asked = spec(action).at("resourceAttributes");
  EXPECT_EQ(asked.at("fieldSelector"), boost::json::parse(R"({"requirements":[
      {"key":"spec.nodeName","operator":"In","values":["n1"]},
      {"key":"a","operator":"NotIn","values":["b"]}]})"));
  EXPECT_EQ(asked.at("labelSelector"), boost::json::parse(R"({"requirements":[
      {"key":"c","operator":"In","values":["1","2"]},{"key":"d","operator":"Exists"},
      {"key":"e","operator":"DoesNotExist"},{"key":"f","operator":"NotIn","values":["3"]}]})"));
}

TEST_F(WebhookSar, RequirementsTheReviewHasNoWordForAreLeftOut) {
  open();
  Action action = get_pods();
  action.label_requirements = {{"c", LIMEN_OP_GREATER_THAN, {"1"}},
                               {"d", LIMEN_OP_LESS_THAN, {"2"}}};
  EXPECT_FALSE(spec(action).at("resourceAttributes").as_object().contains("labelSelector"));
  action.label_selector = "((";
  action.label_requirements.clear();
  action.label_selector_error = "not readable";
  EXPECT_FALSE(spec(action).at("resourceAttributes").as_object().contains("labelSelector"));
}

TEST_F(WebhookSar, WhatIsNotUtf8CannotBeAsked) {
  open();
  const testkit::Reply reply = ask({.user = {.name = "ada"}, .path = "/\xff"});
  EXPECT_EQ(reply.verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(reply.verdict_error, "what is asked about is not UTF-8");
  EXPECT_TRUE(calls_.empty());
}

// ---- the verdict --------------------------------------------------------------------------------

TEST_F(WebhookSar, AVerdictIsTheWebhooks) {
  open();
  testkit::Reply reply = ask_about("a");
  EXPECT_EQ(reply.verdict, LIMEN_ALLOW);
  EXPECT_EQ(reply.reason, "a friend");
  answer_with(review(kNoOpinion));
  reply = ask_about("b");
  EXPECT_EQ(reply.verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(reply.reason, "never heard of");
  EXPECT_EQ(reply.verdict_error, "");
  answer_with(review(kDenied));
  reply = ask_about("c");
  EXPECT_EQ(reply.verdict, LIMEN_DENY);
  EXPECT_EQ(reply.reason, "not on Sundays");
  EXPECT_EQ(reply.verdict_error, "");
  EXPECT_EQ(metric("reviews_total{allowed}"), 1);
  EXPECT_EQ(metric("reviews_total{no_opinion}"), 1);
  EXPECT_EQ(metric("reviews_total{denied}"), 1);
}

TEST_F(WebhookSar, AllowedAndDeniedIsDeniedAndAnError) {
  open();
  answer_with(review(kLie));
  for (int i = 0; i < 2; ++i) {  // the second time from memory
    const testkit::Reply reply = ask();
    EXPECT_EQ(reply.verdict, LIMEN_DENY);
    EXPECT_EQ(reply.verdict_error,
              "webhook subject access review returned both allow and deny response");
  }
  EXPECT_EQ(calls_.size(), 1u);
}

TEST_F(WebhookSar, AnEvaluationErrorIsTheReasonWhereThereIsNone) {
  open();
  answer_with(review(R"({"allowed":false,"evaluationError":"directory is down"})"));
  testkit::Reply reply = ask_about("a");
  EXPECT_EQ(reply.verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(reply.reason, "directory is down");
  EXPECT_EQ(reply.verdict_error, "") << "the webhook has judged all the same";
  EXPECT_NE(instance_->host().log_text().find("error=directory is down"), std::string::npos);
  answer_with(review(R"({"denied":true,"reason":"no","evaluationError":"directory is down"})"));
  EXPECT_EQ(ask_about("b").reason, "no");
  answer_with(review(R"({"allowed":true,"evaluationError":"directory is down"})"));
  reply = ask_about("c");
  EXPECT_EQ(reply.verdict, LIMEN_ALLOW);
  EXPECT_EQ(reply.reason, "");
}

TEST_F(WebhookSar, CannotListRules) {
  open();
  const testkit::Reply reply = instance_->rules_for({.name = "ada"}, "x");
  EXPECT_TRUE(reply.incomplete);
  EXPECT_EQ(reply.incomplete_reason, "webhook authorizer does not support user rule resolution");
}

// ---- failures -----------------------------------------------------------------------------------

TEST_F(WebhookSar, AFailureIsWhatTheFailurePolicySays) {
  const std::string text = "https://hook.example/authorize: the answer is an error (400)";
  for (const auto& [policy, verdict] :
       {std::pair{"NoOpinion", int{LIMEN_VERDICT_NO_OPINION}}, {"Deny", int{LIMEN_DENY}}}) {
    open({{"failurePolicy", policy}});
    answer_with({.code = 400});
    const testkit::Reply reply = ask();
    EXPECT_EQ(reply.verdict, verdict);
    EXPECT_EQ(reply.reason, "");
    EXPECT_EQ(reply.verdict_error, text);
    EXPECT_EQ(metric("reviews_total{error}"), 1);
    EXPECT_EQ(metric("failed_open_total"), policy == std::string("Deny") ? 0 : 1);
    EXPECT_NE(
        instance_->host().log_text().find("the webhook gave no verdict on a request error=" + text),
        std::string::npos);
  }
}

TEST_F(WebhookSar, FailuresAreNotRemembered) {
  open();
  answer_with({.code = 400});
  ask();
  answer_with(review(kAllowed));
  EXPECT_EQ(ask().verdict, LIMEN_ALLOW);
  EXPECT_EQ(calls_.size(), 2u);
}

TEST_F(WebhookSar, WhatMayPassIsTriedFiveTimesLaterEachTime) {
  for (const HttpReply& failure :
       {HttpReply{.code = 500}, HttpReply{.code = 503}, HttpReply{.code = 429},
        HttpReply{.status = LIMEN_E_UNAVAILABLE, .error = "connection refused"}}) {
    calls_.clear();
    asked_at_.clear();
    open();
    answer_with(failure);
    const testkit::Reply reply = ask();
    ASSERT_EQ(calls_.size(), 5u);
    const auto pause = [&](std::size_t i) { return asked_at_[i] - asked_at_[i - 1]; };
    EXPECT_EQ(pause(1), 500ms);
    EXPECT_EQ(pause(2), 750ms);
    EXPECT_EQ(pause(3), 1125ms);
    EXPECT_EQ(pause(4), 1687500us);
    EXPECT_EQ(metric("retries_total"), 4);
    EXPECT_NE(reply.verdict_error.find("(5 attempts)"), std::string::npos) << reply.verdict_error;
  }
}

TEST_F(WebhookSar, ASuccessAmongTheAttemptsCounts) {
  open();
  answer_ = [this](const HttpCall&) {
    return calls_.size() < 3 ? HttpReply{.code = 500} : review(kAllowed);
  };
  EXPECT_EQ(ask().verdict, LIMEN_ALLOW);
  EXPECT_EQ(calls_.size(), 3u);
}

TEST_F(WebhookSar, WhatWillNotPassIsTriedOnce) {
  const std::pair<HttpReply, std::string> failures[] = {
      {{.code = 401}, "the answer is an error (401)"},
      {{.code = 307}, "the answer is a redirect (307), which is not followed"},
      {{.status = LIMEN_E_INVALID, .error = "the answer is longer than 1048576 bytes"},
       "no answer: the answer is longer than 1048576 bytes"},
      {{.status = LIMEN_E_DEADLINE, .error = "no answer within the deadline"},
       "no answer: no answer within the deadline"}};
  for (const auto& [failure, text] : failures) {
    calls_.clear();
    open();
    answer_with(failure);
    EXPECT_EQ(ask().verdict_error, "https://hook.example/authorize: " + text);
    EXPECT_EQ(calls_.size(), 1u) << text;
  }
}

TEST_F(WebhookSar, ThePolicySpeaksBeforeTheHostDoes) {
  open({{"timeoutSeconds", 3}});
  instance_->set_timeout(2s);
  ask_about("a");
  EXPECT_EQ(calls_[0].timeout, 1900ms) << "before the end of the call";
  instance_->set_timeout(10s);
  ask_about("b");
  EXPECT_EQ(calls_[1].timeout, 3s);
  answer_with({.code = 500});
  instance_->set_timeout(1s);
  const testkit::Reply reply = ask_about("c");  // LIMEN_OK: completed in time
  EXPECT_EQ(reply.verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(reply.verdict_error,
            "https://hook.example/authorize: the answer is an error (500) (2 attempts)");
}

TEST_F(WebhookSar, WhatIsNoSubjectAccessReviewIsAnError) {
  open();
  const auto error = [this](HttpReply reply) {
    answer_with(std::move(reply));
    const testkit::Reply answer = ask();
    EXPECT_EQ(answer.verdict, LIMEN_VERDICT_NO_OPINION);
    const std::string prefix =
        "https://hook.example/authorize: the answer is no SubjectAccessReview: ";
    EXPECT_EQ(answer.verdict_error.substr(0, prefix.size()), prefix);
    return answer.verdict_error.substr(std::min(prefix.size(), answer.verdict_error.size()));
  };
  EXPECT_EQ(error({.body = ""}), "it is not a JSON object");
  EXPECT_EQ(error({.body = "<html>"}), "it is not a JSON object");
  EXPECT_EQ(error({.body = R"({"kind":"TokenReview"})"}), "kind is not SubjectAccessReview");
  EXPECT_EQ(error(review(kAllowed, "v1beta1")), "apiVersion is not authorization.k8s.io/v1");
  EXPECT_EQ(error(review("null")), "status is not an object");
  EXPECT_EQ(error(review(R"({"allowed":"true"})")), "status.allowed is not a boolean");
  EXPECT_EQ(error(review(R"({"allowed":true,"denied":0})")), "status.denied is not a boolean");
  EXPECT_EQ(error(review(R"({"allowed":true,"reason":[]})")), "status.reason is not a string");
}

// ---- what is remembered -------------------------------------------------------------------------

TEST_F(WebhookSar, WhatWasAllowedIsNotAskedAgainForItsTime) {
  open();
  ask();
  instance_->host().advance(299s);
  const testkit::Reply again = ask();
  EXPECT_EQ(again.verdict, LIMEN_ALLOW);
  EXPECT_EQ(again.reason, "a friend");
  EXPECT_EQ(again.causes, (testkit::Pairs{{"cache", "hit"}}));
  EXPECT_EQ(calls_.size(), 1u);
  EXPECT_EQ(metric("remembered_total{allowed}"), 1);
  instance_->host().advance(1s);
  EXPECT_TRUE(ask().causes.empty());
  EXPECT_EQ(calls_.size(), 2u);
}

TEST_F(WebhookSar, WhatWasNotAllowedIsNotAskedAgainForItsOwnTime) {
  for (const std::string& status : {kNoOpinion, kDenied}) {
    calls_.clear();
    open();
    answer_with(review(status));
    const std::int32_t verdict = ask().verdict;
    instance_->host().advance(29s);
    EXPECT_EQ(ask().verdict, verdict);
    EXPECT_EQ(calls_.size(), 1u);
    instance_->host().advance(1s);
    ask();
    EXPECT_EQ(calls_.size(), 2u);
  }
}

TEST_F(WebhookSar, NothingIsRememberedForZeroSeconds) {
  open({{"authorizedSeconds", 0}, {"unauthorizedSeconds", 0}});
  ask();
  ask();
  answer_with(review(kNoOpinion));
  ask();
  ask();
  EXPECT_EQ(calls_.size(), 4u);
}

TEST_F(WebhookSar, EveryDifferenceIsAnotherQuestion) {
  open();
  std::vector<Action> actions(12, get_pods());
  actions[1].user.name = "bob";
  actions[2].user.uid = "7";
  actions[3].user.groups = {"g", "h"};
  actions[4].user.extra = {{"k", "v"}};
  actions[5].verb = "list";
  actions[6].api_group = "apps";
  actions[7].api_version = "v2";
  actions[8].subresource = "log";
  actions[9].ns = "";
  actions[10].field_requirements = {{"a", LIMEN_OP_IN, {"b"}}};
  actions[11].label_requirements = {{"a", LIMEN_OP_IN, {"b"}}};
  for (const Action& action : actions) ask(action);
  EXPECT_EQ(calls_.size(), actions.size());
  for (const Action& action : actions) ask(action);
  EXPECT_EQ(calls_.size(), actions.size());
}

TEST_F(WebhookSar, TheOneUsedLongestAgoGoesFirst) {
  open({{"cacheEntries", 2}});
  ask_about("a");
  ask_about("b");
  ask_about("a");
  ask_about("c");
  EXPECT_EQ(calls_.size(), 3u);
  ask_about("a");
  EXPECT_EQ(calls_.size(), 3u);
  ask_about("b");
  EXPECT_EQ(calls_.size(), 4u);
}

TEST_F(WebhookSar, AnExplanationAsksAndLeavesNothingBehind) {
  open();
  Action explained = get_pods();
  explained.explain = true;
  EXPECT_TRUE(ask(explained).causes.empty());
  EXPECT_TRUE(ask(explained).causes.empty());
  EXPECT_EQ(calls_.size(), 2u) << "nothing is remembered of it";
  ask();
  EXPECT_EQ(calls_.size(), 3u);
  const auto causes = ask(explained).causes;
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_EQ(causes[0].first, "cache");
  EXPECT_EQ(calls_.size(), 3u) << "but it is told what is";
}

TEST_F(WebhookSar, WhatRequestersMakeTooLongIsNotRemembered) {
  open();
  Action action{.user = {.name = "ada"}, .api_version = "", .path = "/" + std::string(9'995, 'a')};
  ask(action);  // with the verb 9,999 bytes
  ask(action);
  EXPECT_EQ(calls_.size(), 1u);
  action.path += "a";
  ask(action);
  ask(action);
  EXPECT_EQ(calls_.size(), 3u);
  action = get_pods();
  action.user.name = std::string(20'000, 'a');
  ask(action);
  ask(action);
  EXPECT_EQ(calls_.size(), 4u) << "the name of a user is not the requester's to choose";
}

TEST_F(WebhookSar, ALongReasonIsNotRemembered) {
  open();
  answer_with(review(R"({"allowed":true,"reason":")" + std::string(10'001, 'r') + "\"}"));
  EXPECT_EQ(ask().reason.size(), 10'001u);
  ask();
  EXPECT_EQ(calls_.size(), 2u);
}

// ---- the config ---------------------------------------------------------------------------------

TEST_F(WebhookSar, AChangedKubeconfigCountsWithinASecondAndForgetsTheOldVerdicts) {
  open();
  ask();
  scratch_.write("hook", kubeconfig("https://other.example/"));
  instance_->host().advance(1s);
  ask();
  ASSERT_EQ(calls_.size(), 2u);
  EXPECT_EQ(calls_[1].url, "https://other.example/");
}

TEST_F(WebhookSar, ABrokenKubeconfigLeavesTheLastGoodOneInForce) {
  open();
  scratch_.write("hook", kubeconfig("http://plain.example/"));
  instance_->host().advance(1s);
  EXPECT_EQ(ask().verdict, LIMEN_ALLOW);
  EXPECT_EQ(metric("reloads_total{kubeconfig,failure}"), 1);
}

TEST_F(WebhookSar, AKubeconfigThatCannotBeUsedStopsTheStart) {
  const boost::json::object config{{"kubeconfig", "/nonexistent/hook"}, {"failurePolicy", "Deny"}};
  EXPECT_EQ(test::start_error("webhook-sar", config),
            "/nonexistent/hook: No such file or directory");
  const auto findings = test::module("webhook-sar").check(config);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].pointer, "/kubeconfig");
}

TEST_F(WebhookSar, MatchConditionsAreRefusedUntilThereAreExpressions) {
  const std::string path = scratch_.write("hook", kubeconfig("https://hook.example/"));
  boost::json::object config{{"kubeconfig", path}, {"failurePolicy", "Deny"}};
  config["matchConditions"] =
      boost::json::array{boost::json::object{{"expression", "request.user == 'ada'"}}};
  const std::string text =
      "this version of Limen has no expressions to match requests with: leave matchConditions out, "
      "and the webhook is asked about every request that reaches it";
  EXPECT_EQ(test::start_error("webhook-sar", config), "matchConditions: " + text);
  const auto findings = test::module("webhook-sar").check(config);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].pointer, "/matchConditions");
  EXPECT_EQ(findings[0].message, text);
  config["matchConditions"] = boost::json::array{};
  EXPECT_EQ(test::start_error("webhook-sar", config), "");
}

TEST_F(WebhookSar, TheDescriptorSaysThatItNeverBlocksAndExplainsEveryKey) {
  const limen_descriptor& descriptor = test::module("webhook-sar").descriptor();
  EXPECT_STREQ(descriptor.id, "webhook-sar");
  EXPECT_STREQ(descriptor.kind, LIMEN_KIND_AUTHORIZER);
  EXPECT_EQ(descriptor.flags & LIMEN_MAY_BLOCK, 0u);
  const Json schema = boost::json::parse(descriptor.config_schema);
  EXPECT_EQ(schema.at("required"), (Json{"kubeconfig", "failurePolicy"}));
  for (const auto& property : schema.at("properties").as_object()) {
    EXPECT_TRUE(property.value().as_object().contains("description")) << property.key();
  }
}

TEST_F(WebhookSar, NoSecretIsLogged) {
  open();
  answer_with({.code = 500, .body = "an answer with a secret"});
  const testkit::Reply reply = ask();
  const std::string all = reply.verdict_error + instance_->host().log_text();
  EXPECT_EQ(all.find("hook-secret"), std::string::npos);
  EXPECT_EQ(all.find("an answer"), std::string::npos);
}

}  // namespace
}  // namespace limen::plugins
