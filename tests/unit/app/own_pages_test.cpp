#include "app/own_pages.h"

#include <gtest/gtest.h>

#include "observability/metrics.h"
#include "support/fake_exchange.h"
#include "support/inline_executor.h"

namespace limen::app {
namespace {

class OwnPagesTest : public testing::Test {
 protected:
  // True when the page was answered.
  bool ask(const std::string& target) {
    exchange_ = std::make_shared<test::FakeExchange>(loop_);
    exchange_->request("GET", target);
    request::RequestContext context(exchange_, base::Deadline::max());
    EXPECT_EQ(request::parse_request("GET", target, context.info), request::TargetStatus::ok);
    const bool answered = answer_own_page(context, health_, nullptr);
    EXPECT_EQ(context.status(), answered ? exchange_->status : 0);
    return answered;
  }

  test::InlineExecutor loop_;
  std::shared_ptr<test::FakeExchange> exchange_;
  health::Health health_;
};

TEST_F(OwnPagesTest, AnswersHealthAsPlainText) {
  ASSERT_TRUE(ask("/healthz"));
  EXPECT_EQ(exchange_->status, 200);
  EXPECT_EQ(exchange_->answer, "ok");
  EXPECT_NE(exchange_->answer_headers.find("Content-Type: text/plain; charset=utf-8\r\n"),
            std::string::npos);
  EXPECT_NE(exchange_->answer_headers.find("X-Content-Type-Options: nosniff\r\n"),
            std::string::npos);
}

TEST_F(OwnPagesTest, PassesTheQueryOn) {
  ASSERT_TRUE(ask("/readyz?verbose"));
  EXPECT_EQ(exchange_->answer, "[+]ping ok\nreadyz check passed\n");
}

TEST_F(OwnPagesTest, AnswersAFailedCheckWith500) {
  health_.add("storage", health::kLivez, [] { return std::string("gone"); });
  ASSERT_TRUE(ask("/livez/storage"));
  EXPECT_EQ(exchange_->status, 500);
  EXPECT_EQ(exchange_->answer, "internal server error: gone\n");
}

TEST_F(OwnPagesTest, AnswersMetricsInPrometheusText) {
  metrics::counter("test_own_pages_total", "h").with({}).add(2);
  ASSERT_TRUE(ask("/metrics"));
  EXPECT_NE(exchange_->answer.find("test_own_pages_total 2\n"), std::string::npos);
  EXPECT_NE(
      exchange_->answer_headers.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
      std::string::npos);
}

TEST_F(OwnPagesTest, TellsWhatTheChecksSaid) {
  health_.add("storage", health::kLivez, [] { return std::string("gone"); });
  ask("/livez");
  ask("/healthz/ping");
  ask("/healthz/ping");
  ASSERT_TRUE(ask("/metrics/slis"));
  for (const char* line :
       {"# TYPE kubernetes_healthcheck gauge\n",
        "kubernetes_healthcheck{name=\"storage\",type=\"livez\"} 0\n",
        "kubernetes_healthcheck{name=\"ping\",type=\"healthz\"} 1\n",
        "# TYPE kubernetes_healthchecks_total counter\n",
        "kubernetes_healthchecks_total{name=\"storage\",status=\"error\",type=\"livez\"} 1\n",
        "kubernetes_healthchecks_total{name=\"ping\",status=\"success\",type=\"healthz\"} 2\n"}) {
    EXPECT_NE(exchange_->answer.find(line), std::string::npos) << line;
  }
}

TEST_F(OwnPagesTest, TheRootListsThePaths) {
  ASSERT_TRUE(ask("/"));
  EXPECT_EQ(exchange_->status, 200);
  EXPECT_EQ(exchange_->answer.substr(0, 24), "{\n  \"paths\": [\n    \"/api");
  for (const char* path : {"/api/v1", "/apis/apps/v1", "/healthz/ping", "/readyz", "/metrics/slis",
                           "/openapi/v3", "/version"}) {
    EXPECT_NE(exchange_->answer.find("    \"" + std::string(path) + "\""), std::string::npos)
        << path;
  }
}

TEST_F(OwnPagesTest, LeavesEverythingElseToOthers) {
  for (const char* target : {"/api", "/api/v1/namespaces/healthz", "/readyz/nothing", "/version",
                             "/metrics/more", "/healthzz"}) {
    EXPECT_FALSE(ask(target)) << target;
    EXPECT_EQ(exchange_->answers, 0) << target;
  }
}

}  // namespace
}  // namespace limen::app
