// webhook-token on the fake host, whose HTTP is answered here.
#include <gtest/gtest.h>

#include "support.h"

namespace limen::plugins {
namespace {

using testkit::HttpCall;
using testkit::HttpReply;
using testkit::Json;
using namespace std::chrono_literals;

std::string kubeconfig(const std::string& server, const std::string& user = "{}") {
  return "current-context: hook\ncontexts: [{name: hook, context: {cluster: c, user: u}}]\n"
         "clusters: [{name: c, cluster: {server: \"" +
         server + "\"}}]\nusers: [{name: u, user: " + user + "}]\n";
}

HttpReply review(const std::string& status, const std::string& version = "v1") {
  return {.code = 201,
          .body = R"({"kind":"TokenReview","apiVersion":"authentication.k8s.io/)" + version +
                  R"(","status":)" + status + "}"};
}
const std::string kAda =
    R"({"authenticated":true,"user":{"username":"ada","uid":"7","groups":["a","b"],)"
    R"("extra":{"scopes":["x","y"]}}})";
const std::string kNobody = R"({"authenticated":false})";

class WebhookToken : public testing::Test {
 protected:
  void open(boost::json::object config = {}) {
    path_ =
        scratch_.write("hook", kubeconfig("https://hook.example/review", "{token: hook-secret}"));
    config["kubeconfig"] = path_;
    instance_.reset();
    instance_ = std::make_unique<testkit::Instance>(
        test::module("webhook-token"),
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
  testkit::Reply ask(const std::string& token, std::vector<std::string> audiences = {}) {
    testkit::AuthnRequest request = test::with_token(token);
    request.audiences = std::move(audiences);
    return instance_->authenticate(request);
  }
  double metric(const std::string& name) { return instance_->host().metric(name); }

  test::Scratch scratch_;
  std::string path_;
  std::function<HttpReply(const HttpCall&)> answer_ = [](const HttpCall&) { return review(kAda); };
  std::vector<HttpCall> calls_;
  std::vector<std::chrono::nanoseconds> asked_at_;
  std::unique_ptr<testkit::Instance> instance_;
};

TEST_F(WebhookToken, PostsATokenReviewAndTakesItsUser) {
  open();
  instance_->set_timeout(60s);
  const testkit::Reply reply = ask("t1");
  ASSERT_TRUE(reply.authenticated()) << reply.error;
  EXPECT_EQ(reply.user, "ada");
  EXPECT_EQ(reply.uid, "7");
  EXPECT_EQ(reply.groups, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reply.extra, (testkit::Pairs{{"scopes", "x"}, {"scopes", "y"}}));
  EXPECT_EQ(reply.cache_ns, (120s / 1ns));
  ASSERT_EQ(calls_.size(), 1u);
  const HttpCall& call = calls_[0];
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.url, "https://hook.example/review");
  EXPECT_EQ(call.timeout, 30s);
  EXPECT_EQ(boost::json::parse(call.body),
            boost::json::parse(R"({"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1",
                                   "spec":{"token":"t1","audiences":
                                     ["https://kubernetes.default.svc.cluster.local"]}})"));
  EXPECT_EQ(call.headers[0],
            (std::pair<std::string, std::string>("Authorization", "Bearer hook-secret")));
}

TEST_F(WebhookToken, SpeaksV1beta1WhenTold) {
  open({{"version", "v1beta1"}});
  answer_with(review(kAda, "v1beta1"));
  EXPECT_TRUE(ask("t1").authenticated());
  EXPECT_NE(calls_[0].body.find("authentication.k8s.io/v1beta1"), std::string::npos);
}

TEST_F(WebhookToken, RequestsWithoutATokenAreLeftToOthers) {
  open();
  EXPECT_EQ(instance_->authenticate({}).status, LIMEN_NO_OPINION);
  EXPECT_TRUE(calls_.empty());
}

TEST_F(WebhookToken, ATokenThatIsNotAuthenticatedIsLeftToOthers) {
  open();
  answer_with(review(kNobody));
  EXPECT_EQ(ask("t1").status, LIMEN_NO_OPINION);
}

TEST_F(WebhookToken, WhatWasAcceptedIsNotAskedAgainForItsTime) {
  open({{"successSeconds", 60}});
  ask("t1");
  instance_->host().advance(59s);
  const testkit::Reply again = ask("t1");
  EXPECT_EQ(again.user, "ada");
  EXPECT_LE(again.cache_ns, (1s / 1ns)) << "the host may not keep it longer than this cache";
  EXPECT_EQ(calls_.size(), 1u);
  instance_->host().advance(1s);
  ask("t1");
  EXPECT_EQ(calls_.size(), 2u);
  EXPECT_EQ(metric("remembered_total{authenticated}"), 1);
  EXPECT_EQ(metric("reviews_total{authenticated}"), 2);
}

TEST_F(WebhookToken, WhatWasNotAcceptedIsNotAskedAgainForItsOwnTime) {
  open({{"successSeconds", 300}, {"failureSeconds", 60}});
  answer_with(review(kNobody));
  ask("t1");
  instance_->host().advance(59s);
  EXPECT_EQ(ask("t1").status, LIMEN_NO_OPINION);
  EXPECT_EQ(calls_.size(), 1u);
  instance_->host().advance(1s);
  answer_with(review(kAda));
  EXPECT_EQ(ask("t1").user, "ada");
}

TEST_F(WebhookToken, NothingIsRememberedForZeroSeconds) {
  open({{"successSeconds", 0}, {"failureSeconds", 0}});
  EXPECT_EQ(ask("t1").cache_ns, 0);
  ask("t1");
  answer_with(review(kNobody));
  ask("t1");
  ask("t1");
  EXPECT_EQ(calls_.size(), 4u);
}

TEST_F(WebhookToken, EachCacheHoldsNoMoreThanItsEntries) {
  open({{"cacheEntries", 2}});
  for (const char* token : {"t1", "t2", "t3"}) ask(token);
  answer_with(review(kNobody));
  for (const char* token : {"x1", "x2", "x3"}) ask(token);
  EXPECT_EQ(calls_.size(), 6u);
  EXPECT_EQ(ask("t2").user, "ada") << "bad tokens drive no good one out";
  EXPECT_EQ(ask("t3").user, "ada");
  EXPECT_EQ(calls_.size(), 6u);
  ask("t1");
  EXPECT_EQ(calls_.size(), 7u);
}

TEST_F(WebhookToken, ErrorsAreNotRemembered) {
  open();
  answer_with(review(R"({"authenticated":false,"error":"database is down"})"));
  ask("t1");
  answer_with(review(kAda));
  EXPECT_EQ(ask("t1").user, "ada");
  EXPECT_EQ(metric("reviews_total{error}"), 1);
}

TEST_F(WebhookToken, TheWebhooksErrorIsToldToTheLogWithoutTheToken) {
  open();
  answer_with(review(R"({"authenticated":false,"error":"no token t1, sorry t1"})"));
  const testkit::Reply reply = ask("t1");
  EXPECT_LT(reply.status, 0);
  EXPECT_EQ(reply.error, "the webhook says: no token <token>, sorry <token>");
  EXPECT_NE(instance_->host().log_text().find(
                "the webhook could not judge a token error=the webhook says: no token <token>"),
            std::string::npos);
  answer_with(review(R"({"error":")" + std::string(513, 'e') + "\"}"));
  EXPECT_EQ(ask("t2").error, "the webhook says: " + std::string(512, 'e') + "...");
}

TEST_F(WebhookToken, AnErrorBesideAnAuthenticatedUserDoesNotMatter) {
  open();
  answer_with(review(R"({"authenticated":true,"error":"?","user":{"username":"ada"}})"));
  EXPECT_EQ(ask("t1").user, "ada");
}

// ---- audiences ----------------------------------------------------------------------------------

TEST_F(WebhookToken, AudiencesAreForwardedAndIntersected) {
  open();
  answer_with(review(
      R"({"authenticated":true,"user":{"username":"ada"},"audiences":["z","api","other"]})"));
  const testkit::Reply reply = ask("t1", {"api", "other", "third"});
  EXPECT_EQ(reply.user, "ada");
  EXPECT_EQ(reply.audiences, (std::vector<std::string>{"api", "other"}));
  EXPECT_EQ(boost::json::parse(calls_[0].body).at("spec").at("audiences"),
            (Json{"api", "other", "third"}));
}

TEST_F(WebhookToken, ATokenForOtherAudiencesIsNotAuthenticated) {
  open();
  answer_with(review(R"({"authenticated":true,"user":{"username":"ada"},"audiences":["z"]})"));
  EXPECT_EQ(ask("t1", {"api"}).status, LIMEN_NO_OPINION);
}

TEST_F(WebhookToken, ARequestAsksForTheAudiencesOfTheApi) {
  open({{"audiences", {"api", "old-api"}}});
  answer_with(review(
      R"({"authenticated":true,"user":{"username":"ada"},"audiences":["old-api","vault"]})"));
  const testkit::Reply reply = ask("t1");
  EXPECT_EQ(reply.user, "ada");
  EXPECT_EQ(reply.audiences, std::vector<std::string>{"old-api"});
  EXPECT_EQ(boost::json::parse(calls_[0].body).at("spec").at("audiences"),
            (Json{"api", "old-api"}));
  answer_with(review(R"({"authenticated":true,"user":{"username":"ada"},"audiences":["vault"]})"));
  EXPECT_EQ(ask("t2").status, LIMEN_NO_OPINION) << "a token for somebody else";
}

TEST_F(WebhookToken, ATokenWhoseAudiencesAreNotNamedIsForTheApiAlone) {
  open({{"audiences", {"api"}}});
  EXPECT_EQ(ask("t1").audiences, std::vector<std::string>{"api"});
  EXPECT_EQ(ask("t1", {"other", "api"}).audiences, std::vector<std::string>{"api"});
  EXPECT_EQ(ask("t1", {"vault"}).status, LIMEN_NO_OPINION);
}

TEST_F(WebhookToken, OneAudiencesVerdictIsNotAnothers) {
  open({{"audiences", {"api", "other"}}});
  answer_ = [](const HttpCall& call) {
    return review(call.body.find("\"api\"") != std::string::npos ? kAda : kNobody);
  };
  EXPECT_EQ(ask("t1", {"api"}).user, "ada");
  EXPECT_EQ(ask("t1", {"other"}).status, LIMEN_NO_OPINION);
  EXPECT_EQ(ask("t1", {"api"}).user, "ada");
  EXPECT_EQ(calls_.size(), 2u);
}

// ---- attempts -----------------------------------------------------------------------------------

TEST_F(WebhookToken, WhatMayPassIsTriedFiveTimesLaterEachTime) {
  for (const HttpReply& failure :
       {HttpReply{.code = 500}, HttpReply{.code = 503}, HttpReply{.code = 429},
        HttpReply{.status = LIMEN_E_UNAVAILABLE, .error = "connection refused"}}) {
    calls_.clear();
    asked_at_.clear();
    open();
    answer_with(failure);
    const testkit::Reply reply = ask("t1");
    EXPECT_LT(reply.status, 0);
    ASSERT_EQ(calls_.size(), 5u);
    const auto pause = [&](std::size_t i) { return asked_at_[i] - asked_at_[i - 1]; };
    EXPECT_EQ(pause(1), 500ms);
    EXPECT_EQ(pause(2), 750ms);
    EXPECT_EQ(pause(3), 1125ms);
    EXPECT_EQ(pause(4), 1687500us);
    EXPECT_EQ(metric("retries_total"), 4);
    EXPECT_NE(reply.error.find("(5 attempts)"), std::string::npos) << reply.error;
  }
}

TEST_F(WebhookToken, ASuccessAmongTheAttemptsCounts) {
  open();
  answer_ = [this](const HttpCall&) {
    return calls_.size() < 3 ? HttpReply{.code = 500} : review(kAda);
  };
  EXPECT_EQ(ask("t1").user, "ada");
  EXPECT_EQ(calls_.size(), 3u);
}

TEST_F(WebhookToken, WhatWillNotPassIsTriedOnce) {
  const std::pair<HttpReply, std::string> failures[] = {
      {{.code = 400}, "the answer is an error (400)"},
      {{.code = 401}, "the answer is an error (401)"},
      {{.code = 302}, "the answer is a redirect (302), which is not followed"},
      {{.code = 307}, "the answer is a redirect (307), which is not followed"},
      {{.status = LIMEN_E_INVALID, .error = "the answer is longer than 1048576 bytes"},
       "no answer: the answer is longer than 1048576 bytes"},
      {{.status = LIMEN_E_DEADLINE, .error = "no answer within the deadline"},
       "no answer: no answer within the deadline"}};
  for (const auto& [failure, text] : failures) {
    calls_.clear();
    open();
    answer_with(failure);
    const testkit::Reply reply = ask("t1");
    EXPECT_EQ(reply.error, "https://hook.example/review: " + text);
    EXPECT_EQ(calls_.size(), 1u) << text;
  }
}

TEST_F(WebhookToken, NoAttemptIsMadePastTheCallsDeadline) {
  open();
  answer_with({.code = 500});
  instance_->set_timeout(1s);
  EXPECT_EQ(ask("t1").error,
            "https://hook.example/review: the answer is an error (500) (2 attempts)");
  EXPECT_EQ(calls_.size(), 2u);
}

TEST_F(WebhookToken, AnAttemptEndsBeforeTheCallDoes) {
  open();
  instance_->set_timeout(10s);
  ask("t1");
  EXPECT_EQ(calls_[0].timeout, 9900ms);
  instance_->set_timeout(200ms);
  ask("t2");
  EXPECT_EQ(calls_[1].timeout, 180ms) << "a tenth, when there is little time";
}

TEST_F(WebhookToken, LimitsOfTheConfigReachTheRequest) {
  open({{"timeoutSeconds", 3}, {"maxResponseBytes", 4096}});
  ask("t1");
  EXPECT_EQ(calls_[0].timeout, 3s);
  EXPECT_EQ(calls_[0].max_response_bytes, 4096u);
}

// ---- answers that are none ----------------------------------------------------------------------

TEST_F(WebhookToken, WhatIsNoTokenReviewIsAnError) {
  open();
  const auto error = [this](HttpReply reply) {
    answer_with(std::move(reply));
    const testkit::Reply answer = ask("t1");
    EXPECT_EQ(answer.status, LIMEN_E_INVALID);
    EXPECT_EQ(answer.user, "");
    const std::string prefix = "https://hook.example/review: the answer is no TokenReview: ";
    EXPECT_EQ(answer.error.substr(0, prefix.size()), prefix);
    return answer.error.substr(std::min(prefix.size(), answer.error.size()));
  };
  EXPECT_EQ(error({.body = ""}), "it is not a JSON object");
  EXPECT_EQ(error({.body = "<html>"}), "it is not a JSON object");
  EXPECT_EQ(error({.body = "[]"}), "it is not a JSON object");
  EXPECT_EQ(error({.body = R"({"kind":"Status"})"}), "kind is not TokenReview");
  EXPECT_EQ(error(review(kAda, "v1beta1")), "apiVersion is not authentication.k8s.io/v1");
  EXPECT_EQ(error(review("null")), "status is not an object");
  EXPECT_EQ(error(review(R"({"authenticated":"true"})")), "status.authenticated is not a boolean");
  EXPECT_EQ(error(review(R"({"authenticated":true})")), "status.user.username is empty");
  EXPECT_EQ(error(review(R"({"authenticated":true,"user":[]})")), "status.user is not an object");
  EXPECT_EQ(error(review(R"({"authenticated":true,"user":{"username":7}})")),
            "status.user.username is not a string");
  EXPECT_EQ(error(review(R"({"authenticated":true,"user":{"username":"a","groups":"b"}})")),
            "status.user.groups is not a list");
  EXPECT_EQ(error(review(R"({"authenticated":true,"user":{"username":"a","extra":{"k":[1]}}})")),
            "status.user.extra is not a list of strings");
  EXPECT_EQ(error(review(R"({"authenticated":true,"audiences":"a"})")),
            "status.audiences is not a list");
}

// ---- the kubeconfig -----------------------------------------------------------------------------

TEST_F(WebhookToken, AChangedKubeconfigCountsWithinASecondAndForgetsTheOldVerdicts) {
  open();
  ask("t1");
  scratch_.write("hook", kubeconfig("https://other.example/"));
  instance_->host().advance(1s);
  ask("t1");
  ASSERT_EQ(calls_.size(), 2u);
  EXPECT_EQ(calls_[1].url, "https://other.example/");
  EXPECT_EQ(metric("reloads_total{kubeconfig,success}"), 1);
}

TEST_F(WebhookToken, ABrokenKubeconfigLeavesTheLastGoodOneInForce) {
  open();
  scratch_.write("hook", kubeconfig("http://plain.example/"));
  instance_->host().advance(1s);
  EXPECT_EQ(ask("t1").user, "ada");
  EXPECT_EQ(calls_[0].url, "https://hook.example/review");
  EXPECT_EQ(metric("reloads_total{kubeconfig,failure}"), 1);
  EXPECT_NE(
      instance_->host().log_text().find(path_ + ":3: clusters[0].cluster.server: is not https"),
      std::string::npos)
      << instance_->host().log_text();
}

TEST_F(WebhookToken, AKubeconfigThatCannotBeUsedStopsTheStart) {
  EXPECT_EQ(test::start_error("webhook-token", {{"kubeconfig", "/nonexistent/hook"}}),
            "/nonexistent/hook: No such file or directory");
  const auto findings = test::module("webhook-token").check({{"kubeconfig", "/nonexistent/hook"}});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].pointer, "/kubeconfig");
}

TEST_F(WebhookToken, NoSecretIsLogged) {
  open();
  answer_with({.code = 500, .body = "t0p-secret"});
  const testkit::Reply reply = ask("t0p-secret");
  const std::string all = reply.error + instance_->host().log_text();
  EXPECT_EQ(all.find("t0p-secret"), std::string::npos);
  EXPECT_EQ(all.find("hook-secret"), std::string::npos);
}

}  // namespace
}  // namespace limen::plugins
