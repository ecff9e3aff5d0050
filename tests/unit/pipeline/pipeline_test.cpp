#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include "base/api_error.h"
#include "observability/metrics.h"
#include "unit/pipeline/pipeline_fixture.h"

namespace limen::pipeline {
namespace {

TEST_F(PipelineTest, WhoMayIsServed) {
  list_->allowed = {"bob list pods"};
  const auto exchange = send("/api/v1/pods", {{"Authorization", "Bearer bob"}});
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(exchange->answer, "done as bob");
}

TEST_F(PipelineTest, NobodyIs401WithAnAuditIdAndAChallengeAndNoHint) {
  const auto exchange = send("/api/v1/pods");
  EXPECT_EQ(exchange->status, 401);
  EXPECT_EQ(exchange->answer, base::ApiError::unauthorized().to_json());
  EXPECT_NE(exchange->answer_headers.find("Audit-Id: "), std::string::npos);
  EXPECT_NE(exchange->answer_headers.find("Cache-Control: no-cache, private"), std::string::npos);
  EXPECT_NE(exchange->answer_headers.find("WWW-Authenticate: Basic realm=\"test\""),
            std::string::npos);
  EXPECT_EQ(dispatched_, 0);
  EXPECT_EQ(exchange->answers, 1);
}

TEST_F(PipelineTest, AStrangersConnectionDoesNotCarryManyRequests) {
  list_->allowed = {"system:anonymous list pods", "bob list pods"};
  EXPECT_TRUE(send("/api/v1/pods")->distrusted);
  EXPECT_TRUE(send("/api/v1/pods", {{"Authorization", "Bearer system:anonymous"}})->distrusted);
  EXPECT_FALSE(send("/api/v1/pods", {{"Authorization", "Bearer bob"}})->distrusted);
}

TEST_F(PipelineTest, AWebSocketsSubprotocolMayCarryTheToken) {
  list_->allowed = {"bob list pods"};
  const auto as = [&](const std::string& protocols) {
    return send("/api/v1/pods", {{"Connection", "Upgrade"},
                                 {"Upgrade", "websocket"},
                                 {"Sec-WebSocket-Protocol", protocols}})
        ->status;
  };
  const std::string token = "base64url.bearer.authorization.k8s.io.Ym9i";  // bob
  EXPECT_EQ(as(token + ", v4.channel.k8s.io"), 200);
  EXPECT_EQ(as("v4.channel.k8s.io," + token), 200);
  EXPECT_EQ(as(token), 401);  // nothing is left to answer with
  EXPECT_EQ(as(token + ", " + token + ", v4.channel.k8s.io"), 401);
  EXPECT_EQ(as(token + "=, v4.channel.k8s.io"), 401);
  EXPECT_EQ(
      send("/api/v1/pods", {{"Sec-WebSocket-Protocol", token + ", v4.channel.k8s.io"}})->status,
      401);
}

TEST_F(PipelineTest, AttemptsAreCountedAndTimedByResult) {
  const auto counted = [](const std::string& stage, const std::string& result) {
    const std::string counter = stage == "authentication" ? "_attempts" : "_attempts_total";
    const std::uint64_t count =
        metrics::counter(stage + counter, "", {"result"}).with({result}).value();
    const std::uint64_t timed =
        metrics::histogram(stage + "_duration_seconds", "", {"result"}).with({result}).count();
    EXPECT_EQ(count, timed);
    return count;
  };
  const std::uint64_t before[] = {
      counted("authentication", "success"), counted("authentication", "failure"),
      counted("authorization", "allowed"), counted("authorization", "no-opinion")};
  list_->allowed = {"bob list pods"};
  send("/api/v1/pods", {{"Authorization", "Bearer bob"}});
  send("/api/v1/nodes", {{"Authorization", "Bearer bob"}});
  send("/api/v1/pods");
  EXPECT_EQ(counted("authentication", "success"), before[0] + 2);
  EXPECT_EQ(counted("authentication", "failure"), before[1] + 1);
  EXPECT_EQ(counted("authorization", "allowed"), before[2] + 1);
  EXPECT_EQ(counted("authorization", "no-opinion"), before[3] + 1);
}

TEST_F(PipelineTest, ARunningWatchIsAskedAboutByTheRightsOfNow) {
  request::LiveRequests live;
  options_.live = &live;
  list_->allowed = {"bob watch pods", "bob impersonate users alice", "alice watch pods"};
  const auto refusal_after = [&](const std::vector<std::string>& allowed,
                                 std::vector<std::pair<std::string, std::string>> headers) {
    int code = -1;
    within_ = [&](request::RequestContext& context) {
      const auto ask = [&] { return test::run_task(loop_, context.grounds.again()); };
      EXPECT_FALSE(ask().has_value());
      const auto before = std::exchange(list_->allowed, allowed);
      const auto why = ask();
      code = why ? why->code() : 0;
      list_->allowed = before;
    };
    headers.emplace_back("Authorization", "Bearer bob");
    EXPECT_EQ(send("/api/v1/pods?watch=1", std::move(headers))->status, 200);
    return code;
  };
  EXPECT_EQ(refusal_after({"bob watch pods"}, {}), 0);
  EXPECT_EQ(refusal_after({"bob list pods"}, {}), 403);
  const std::pair<std::string, std::string> as_alice{"Impersonate-User", "alice"};
  EXPECT_EQ(refusal_after({"bob impersonate users alice", "alice watch pods"}, {as_alice}), 0);
  EXPECT_EQ(refusal_after({"bob impersonate users alice"}, {as_alice}), 403);
  EXPECT_EQ(refusal_after({"alice watch pods"}, {as_alice}), 403);
}

TEST_F(PipelineTest, OnlyWhatLivesLongIsAskedAboutAgain) {
  request::LiveRequests live;
  options_.live = &live;
  list_->allowed = {"bob list pods"};
  within_ = [&](request::RequestContext& context) { EXPECT_FALSE(context.grounds.again); };
  EXPECT_EQ(send("/api/v1/pods", {{"Authorization", "Bearer bob"}})->status, 200);
}

TEST_F(PipelineTest, AClientsAuditIdIsKept) {
  const auto exchange = send("/api/v1/pods", {{"Audit-ID", "mine-7"}});
  EXPECT_NE(exchange->answer_headers.find("Audit-Id: mine-7\r\n"), std::string::npos);
}

TEST_F(PipelineTest, WhoMayNotIs403InKubernetesWords) {
  const auto exchange = send("/api/v1/namespaces/x/pods/p", {{"Authorization", "Bearer bob"}});
  EXPECT_EQ(exchange->status, 403);
  EXPECT_NE(
      exchange->answer.find(
          R"("message":"pods \"p\" is forbidden: User \"bob\" cannot get resource \"pods\" in )"
          R"(API group \"\" in the namespace \"x\"")"),
      std::string::npos)
      << exchange->answer;
  EXPECT_NE(exchange->answer_headers.find("X-Content-Type-Options: nosniff"), std::string::npos);
  EXPECT_EQ(dispatched_, 0);
}

TEST_F(PipelineTest, MarkupInAPathIsEscapedInTheRefusal) {
  const auto exchange = send("/<script>", {{"Authorization", "Bearer bob"}});
  EXPECT_NE(exchange->answer.find("cannot get path \\\"/&lt;script&gt;\\\""), std::string::npos)
      << exchange->answer;
}

TEST_F(PipelineTest, AConfusedPathIs400BeforeAnybodyIsAsked) {
  EXPECT_EQ(send("/api/v1/namespaces/a/../b/pods")->status, 400);
}

TEST_F(PipelineTest, ABadTimeoutIs400BeforeAuthentication) {
  const auto exchange = send("/api/v1/pods?timeout=soon");
  EXPECT_EQ(exchange->status, 400);
  EXPECT_NE(exchange->answer.find("invalid timeout specified in the request URL"),
            std::string::npos);
}

TEST_F(PipelineTest, TheLocalListenerIsTheSuperuser) {
  const auto exchange = send("/api/v1/secrets", {}, "GET", transport::Listener::local);
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(seen_.name, "system:unsecured");
  EXPECT_EQ(seen_.groups, (std::vector<std::string>{"system:masters", "system:authenticated"}));
}

TEST_F(PipelineTest, OneTooManyAtWorkIs429AndAdministratorsPass) {
  options_.max_in_flight = 1;
  list_->allowed = {"bob list pods"};
  base::OneShot<int> hold(loop_);
  hold_ = &hold;
  const auto first = send("/api/v1/pods", {{"Authorization", "Bearer bob"}});
  const auto second = send("/api/v1/pods", {{"Authorization", "Bearer bob"}});
  EXPECT_EQ(first->status, 0);
  EXPECT_EQ(second->status, 429);
  EXPECT_NE(second->answer_headers.find("Retry-After: 1"), std::string::npos);
  hold.set(1);
  loop_.run();
  EXPECT_EQ(first->status, 200);
  hold_ = nullptr;
  EXPECT_EQ(send("/api/v1/pods", {{"Authorization", "Bearer bob"}})->status, 200);
}

TEST_F(PipelineTest, WhenAnAuthorizerFailsAndNobodyAllowsTheAnswerIs500InPlainText) {
  list_->allowed = {"bob list nodes"};
  list_->error = "https://hook/: no <answer>";
  const auto exchange = send("/api/v1/pods?limit=1&x=%22", {{"Authorization", "Bearer bob"}});
  EXPECT_EQ(exchange->status, 500);
  EXPECT_EQ(exchange->answer,
            "Internal Server Error: \"/api/v1/pods?limit=1&amp;x=%22\": https://hook/: no "
            "&lt;answer&gt;\n");
  EXPECT_NE(exchange->answer_headers.find("Content-Type: text/plain; charset=utf-8"),
            std::string::npos);
  EXPECT_NE(exchange->answer_headers.find("X-Content-Type-Options: nosniff"), std::string::npos);
  EXPECT_EQ(exchange->answers, 1);
  EXPECT_EQ(send("/api/v1/nodes", {{"Authorization", "Bearer bob"}})->status, 200);
}

TEST_F(PipelineTest, ARequestThatWaitsTooLongIs504AndAnsweredOnce) {
  list_->allowed = {"bob list pods"};
  base::OneShot<int> hold(loop_);
  hold_ = &hold;
  const auto exchange = send("/api/v1/pods?timeout=5s", {{"Authorization", "Bearer bob"}});
  loop_.advance_to(base::SteadyClock::now() + std::chrono::seconds(4));
  EXPECT_EQ(exchange->status, 0);
  loop_.advance_to(base::SteadyClock::now() + std::chrono::seconds(6));
  EXPECT_EQ(exchange->status, 504);
  hold.set(1);
  loop_.run();
  EXPECT_EQ(exchange->answers, 1);
  EXPECT_EQ(loop_.timers(), 0U);
}

TEST_F(PipelineTest, ADoubleSpaceBeforeTheTokenIsIgnoredWithAWarning) {
  const auto exchange = send("/api/v1/pods", {{"Authorization", "Bearer  bob"}});
  EXPECT_EQ(exchange->status, 401);
  EXPECT_NE(exchange->answer_headers.find(
                "Warning: 299 - \"the provided Authorization header contains extra space before "
                "the bearer token, and is ignored\""),
            std::string::npos);
}

}  // namespace
}  // namespace limen::pipeline
