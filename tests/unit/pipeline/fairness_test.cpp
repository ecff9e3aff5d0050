#include "fairness/fairness.h"

#include <gtest/gtest.h>

#include "unit/pipeline/pipeline_fixture.h"

namespace limen::pipeline {
namespace {

// One seat and a queue of one for everybody who is no administrator.
class FairPipelineTest : public PipelineTest {
 protected:
  FairPipelineTest() {
    list_->allowed = {"bob list pods", "bob watch pods", "root list pods", "bob get pods p"};
    set_seats(1);
    options_.fairness = &fairness_;
  }
  void set_seats(int shares) {
    Json level = boost::json::parse(
        R"({"metadata":{"name":"narrow","uid":"level-uid"},"spec":{"type":"Limited","limited":{
            "nominalConcurrencyShares":0,"limitResponse":{"type":"Queue","queuing":{
            "queues":1,"handSize":1,"queueLengthLimit":1}}}}})");
    level.at("spec").at("limited").at("nominalConcurrencyShares") = shares;
    fairness_.configure({schema_}, {level});
  }
  using Json = object::Json;
  std::shared_ptr<FakeExchange> bob(const std::string& target = "/api/v1/pods") {
    return send(target, {{"Authorization", "Bearer bob"}});
  }
  // Of the level: executing and waiting.
  std::pair<std::size_t, std::size_t> load() {
    for (const auto& state : fairness_.dump(false))
      if (state.dump.name == "narrow") return {state.dump.executing, state.dump.waiting};
    return {};
  }

  const Json schema_ = boost::json::parse(
      R"({"metadata":{"name":"everybody","uid":"schema-uid"},"spec":{"matchingPrecedence":9,
          "priorityLevelConfiguration":{"name":"narrow"},"rules":[{
          "subjects":[{"kind":"User","user":{"name":"bob"}}],"resourceRules":[{
          "verbs":["*"],"apiGroups":["*"],"resources":["*"],"namespaces":["*"],
          "clusterScope":true}]}]}})");
  fairness::Fairness fairness_{fairness::Options{.server_seats = 1, .count_objects = nullptr}};
};

constexpr const char* kHeaders =
    "X-Kubernetes-PF-FlowSchema-UID: schema-uid\r\n"
    "X-Kubernetes-PF-PriorityLevel-UID: level-uid\r\n";

TEST_F(FairPipelineTest, EveryAnswerTellsByWhatItWasClassified) {
  EXPECT_NE(bob()->answer_headers.find(kHeaders), std::string::npos);
  const auto forbidden = bob("/api/v1/nodes");
  EXPECT_EQ(forbidden->status, 403);
  EXPECT_NE(forbidden->answer_headers.find(kHeaders), std::string::npos);
  EXPECT_EQ(send("/api/v1/pods")->answer_headers.find("X-Kubernetes-PF"), std::string::npos);
  EXPECT_EQ(load(), std::pair(std::size_t{0}, std::size_t{0}));
}

TEST_F(FairPipelineTest, OneTooManyWaitsAndTheNextIsRefused) {
  base::OneShot<int> hold(loop_);
  hold_ = &hold;
  const auto first = bob();
  hold_ = nullptr;
  const auto second = bob();
  const auto third = bob();
  EXPECT_EQ(load(), std::pair(std::size_t{1}, std::size_t{1}));
  EXPECT_EQ(third->status, 429);
  EXPECT_EQ(third->answer, "Too many requests, please try again later.\n");
  EXPECT_NE(third->answer_headers.find("Retry-After: 1\r\n"), std::string::npos);
  EXPECT_NE(third->answer_headers.find(kHeaders), std::string::npos);
  EXPECT_EQ(send("/api/v1/pods", {{"Authorization", "Bearer root"}})->status, 200);
  hold.set(1);
  loop_.run();
  EXPECT_EQ(first->status, 200);
  EXPECT_EQ(second->status, 200);
  EXPECT_EQ(load(), std::pair(std::size_t{0}, std::size_t{0}));
}

TEST_F(FairPipelineTest, WhoWaitsForAQuarterOfItsTimeIsRefused) {
  base::OneShot<int> hold(loop_);
  hold_ = &hold;
  const auto first = bob();
  hold_ = nullptr;
  const auto second = bob("/api/v1/pods?timeout=4s");
  loop_.advance_to(base::SteadyClock::now() + std::chrono::milliseconds(500));
  EXPECT_EQ(second->status, 0);
  loop_.advance_to(base::SteadyClock::now() + std::chrono::milliseconds(1001));
  EXPECT_EQ(second->status, 429);
  EXPECT_EQ(second->answers, 1);
  const auto third = bob();
  loop_.advance_to(base::SteadyClock::now() + std::chrono::milliseconds(15'001));
  EXPECT_EQ(third->status, 429);
  hold.set(1);
  loop_.run();
  EXPECT_EQ(first->status, 200);
}

TEST_F(FairPipelineTest, AClientThatGoesLeavesTheQueue) {
  base::OneShot<int> hold(loop_);
  hold_ = &hold;
  const auto first = bob();
  hold_ = nullptr;
  const auto second = bob();
  second->cancel();
  loop_.run();
  EXPECT_EQ(load(), std::pair(std::size_t{1}, std::size_t{0}));
  const auto watch = bob("/api/v1/pods?watch=1");
  EXPECT_EQ(load(), std::pair(std::size_t{1}, std::size_t{1}));
  watch->cancel();
  loop_.run();
  EXPECT_EQ(load(), std::pair(std::size_t{1}, std::size_t{0}));
  EXPECT_EQ(dispatched_, 1);
  hold.set(1);
  loop_.run();
  EXPECT_EQ(loop_.timers(), 0U);
}

TEST_F(FairPipelineTest, AWatchKeepsItsSeatUntilItHasToldItsInitialState) {
  base::OneShot<int> hold(loop_);
  hold_ = &hold;
  std::size_t during = 99;
  within_ = [&](request::RequestContext& context) {
    EXPECT_EQ(load().first, 1U);
    context.initialized();
    during = load().first;
  };
  const auto watch = bob("/api/v1/pods?watch=1");
  EXPECT_EQ(load().first, 1U);
  hold.set(1);
  loop_.run();
  EXPECT_EQ(during, 0U);
  EXPECT_EQ(watch->status, 200);
}

TEST_F(FairPipelineTest, OtherLongRequestsTakeNoSeat) {
  list_->allowed.push_back("bob get pods p");
  base::OneShot<int> hold(loop_);
  hold_ = &hold;
  const auto log = bob("/api/v1/namespaces/a/pods/p/log");
  EXPECT_EQ(load().first, 0U);
  EXPECT_EQ(log->answer_headers.find("X-Kubernetes-PF"), std::string::npos);
  hold.set(1);
  loop_.run();
}

TEST_F(FairPipelineTest, WhoIsGivenASeatAfterTheOthersAnswerKeepsTheQueueMoving) {
  base::OneShot<int> hold(loop_);
  hold_ = &hold;
  const auto first = bob();
  hold_ = nullptr;
  std::vector<std::shared_ptr<FakeExchange>> later;
  later.push_back(bob());
  set_seats(1);
  hold.set(1);
  loop_.run();
  for (int i = 0; i < 10; ++i) later.push_back(bob());
  for (const auto& one : later) EXPECT_EQ(one->status, 200);
}

}  // namespace
}  // namespace limen::pipeline
