// What the pipeline has recorded of each way a request can go.
#include <atomic>
#include <mutex>
#include <thread>

#include "audit/policy_file.h"
#include "base/api_error.h"
#include "observability/metrics.h"
#include "pipeline/latencies.h"
#include "unit/pipeline/pipeline_fixture.h"

namespace limen::pipeline {
namespace {

class Kept final : public audit::Backend {
 public:
  bool take(audit::Event event) override {
    if (!has_room()) return false;
    lines.push_back(event.to_json());
    return true;
  }
  bool has_room() const override { return lines.size() < room; }
  void reopen() override {}
  bool blocks() const override { return blocking; }
  void take_and_tell(audit::Event event, std::function<void(bool)> then) override {
    lines.push_back(event.to_json());
    told = std::move(then);
  }

  std::vector<std::string> lines;
  std::size_t room = 1000;
  bool blocking = false;
  std::function<void(bool)> told;  // of the event that a request waits for
};

class PipelineAudit : public PipelineTest {
 protected:
  void record(const std::string& rules, audit::WhenFull when_full = audit::WhenFull::drop_events) {
    audit::ReadPolicy read =
        audit::read_policy("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n" + rules, "p");
    ASSERT_EQ(read.problems(), std::vector<std::string>{});
    auto kept = std::make_unique<Kept>();
    kept_ = kept.get();
    owned_ = std::make_unique<audit::Auditor>(std::move(read.policy), std::move(kept), when_full);
    auditor_ = owned_.get();
  }

  // The events so far as "STAGE CODE".
  std::vector<std::string> told() const {
    std::vector<std::string> out;
    for (const std::string& line : kept_->lines) {
      std::string text = between(line, "\"stage\":\"", "\"");
      const std::string code = between(line, "\"code\":", "}");
      if (!code.empty()) text += ' ' + code;
      out.push_back(text);
    }
    return out;
  }
  static std::string between(const std::string& text, std::string_view before,
                             std::string_view after) {
    const std::size_t at = text.find(before);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + before.size();
    return text.substr(begin, text.find(after, begin) - begin);
  }
  static bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  }

  std::unique_ptr<audit::Auditor> owned_;
  Kept* kept_ = nullptr;
  using Told = std::vector<std::string>;
};

const std::pair<std::string, std::string> kBob{"Authorization", "Bearer bob"};
const std::pair<std::string, std::string> kRoot{"Authorization", "Bearer root"};

TEST_F(PipelineAudit, ARequestIsToldOfWhenItComesAndWhenItIsOver) {
  record("- {level: Metadata}\n");
  list_->allowed = {"bob list pods"};
  send("/api/v1/pods", {kBob});
  EXPECT_EQ(told(), (Told{"RequestReceived", "ResponseComplete 200"}));
  EXPECT_TRUE(
      has(kept_->lines[0], R"("annotations":{"authentication.limen.io/module":"by-token"})"))
      << kept_->lines[0];
  EXPECT_TRUE(
      has(kept_->lines[1],
          R"("annotations":{"authentication.limen.io/module":"by-token",)"
          R"("authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"listed"})"))
      << kept_->lines[1];
}

TEST_F(PipelineAudit, AWatchIsToldOfWhenItsAnswerBeginsToo) {
  record("- {level: Metadata}\n");
  send("/api/v1/pods?watch=1", {kRoot});
  EXPECT_EQ(told(), (Told{"RequestReceived", "ResponseStarted 200", "ResponseComplete 200"}));
}

TEST_F(PipelineAudit, StagesCanBeOmitted) {
  record("- {level: Metadata, omitStages: [RequestReceived, ResponseStarted]}\n");
  send("/api/v1/pods?watch=1", {kRoot});
  EXPECT_EQ(told(), Told{"ResponseComplete 200"});
}

TEST_F(PipelineAudit, NobodyIsToldOfOnceWithWhatWasAttempted) {
  record("- {level: Metadata}\n");
  send("/api/v1/pods", {{"Authorization", "Basic c2VjcmV0"}});
  EXPECT_EQ(told(), Told{"ResponseStarted 401"});
  EXPECT_TRUE(has(kept_->lines[0], R"("user":{},)")) << kept_->lines[0];
  EXPECT_TRUE(has(kept_->lines[0], R"("message":"Authentication failed, attempted: basic")"));
  EXPECT_TRUE(has(kept_->lines[0], R"("objectRef":{"resource":"pods","apiVersion":"v1"})"));
  EXPECT_FALSE(has(kept_->lines[0], "c2VjcmV0"));
}

TEST_F(PipelineAudit, ABadTimeoutIsToldOfOnce) {
  record("- {level: Metadata}\n");
  send("/api/v1/pods?timeout=soon", {kRoot});
  EXPECT_EQ(told(), Told{"ResponseStarted 400"});
  EXPECT_TRUE(has(kept_->lines[0], "invalid timeout specified")) << kept_->lines[0];
}

TEST_F(PipelineAudit, ARefusalBearsItsReason) {
  record("- {level: Metadata}\n");
  send("/api/v1/namespaces/x/pods/p", {kBob});
  EXPECT_EQ(told(), (Told{"RequestReceived", "ResponseComplete 403"}));
  EXPECT_TRUE(has(kept_->lines[1], R"("reason":"Forbidden")")) << kept_->lines[1];
  EXPECT_TRUE(has(kept_->lines[1], R"("authorization.k8s.io/decision":"forbid")"));
}

TEST_F(PipelineAudit, AFailureInsideIsAPanic) {
  record("- {level: Metadata}\n");
  within_ = [](request::RequestContext&) { throw std::runtime_error("broken"); };
  const auto exchange = send("/api/v1/pods", {kRoot});
  EXPECT_EQ(exchange->status, 500);
  EXPECT_EQ(told(), (Told{"RequestReceived", "Panic 500"}));
  EXPECT_TRUE(has(kept_->lines[1], R"("message":"APIServer panic'd: broken")")) << kept_->lines[1];
}

TEST_F(PipelineAudit, WhoActsAsAnotherIsTheUserOfEveryEvent) {
  record("- {level: Metadata}\n");
  send("/api/v1/pods", {kRoot, {"Impersonate-User", "alice"}});
  EXPECT_EQ(told(), (Told{"RequestReceived", "ResponseComplete 403"}));
  EXPECT_FALSE(has(kept_->lines[0], "impersonatedUser"));
  EXPECT_TRUE(has(kept_->lines[1], R"("user":{"username":"root",)")) << kept_->lines[1];
  EXPECT_TRUE(has(kept_->lines[1], R"("impersonatedUser":{"username":"alice",)"));
}

TEST_F(PipelineAudit, AnImpersonationThatIsRefusedIsRecordedOfWhoAsked) {
  record("- {level: Metadata}\n");
  send("/api/v1/pods", {kBob, {"Impersonate-User", "alice"}});
  EXPECT_EQ(told(), (Told{"RequestReceived", "ResponseComplete 403"}));
  EXPECT_TRUE(has(kept_->lines[1], R"("user":{"username":"bob",)"));
  EXPECT_FALSE(has(kept_->lines[1], "impersonatedUser"));
  EXPECT_FALSE(has(kept_->lines[1], "authorization.k8s.io/decision"));
}

TEST_F(PipelineAudit, WhatThePolicyDoesNotNameIsNotRecorded) {
  record("- {level: None, users: [root]}\n- {level: Metadata}\n");
  send("/api/v1/pods", {kRoot});
  EXPECT_EQ(told(), Told{});
}

TEST_F(PipelineAudit, AChangedPolicyIsInForceForTheNextRequest) {
  record("- {level: None}\n");
  send("/api/v1/pods", {kRoot});
  audit::Policy policy;
  policy.rules.emplace_back().level = audit::AuditLevel::metadata;
  owned_->replace(std::move(policy));
  send("/api/v1/pods", {kRoot});
  EXPECT_EQ(told(), (Told{"RequestReceived", "ResponseComplete 200"}));
}

TEST_F(PipelineAudit, AFullBackendLosesEventsAndNotRequests) {
  record("- {level: Metadata}\n");
  kept_->room = 1;
  EXPECT_EQ(send("/api/v1/pods", {kRoot})->status, 200);
  EXPECT_EQ(told(), Told{"RequestReceived"});
}

TEST_F(PipelineAudit, WhatMustBeRecordedAndCannotIsRefused) {
  auto& rejected = metrics::counter("apiserver_audit_requests_rejected_total", "").with({});
  record("- {level: Metadata}\n", audit::WhenFull::refuse_requests);
  kept_->room = 0;
  const std::uint64_t before = rejected.value();
  const auto exchange = send("/api/v1/pods", {kRoot});
  EXPECT_EQ(exchange->status, 500);
  EXPECT_TRUE(has(exchange->answer, "failed to store audit event")) << exchange->answer;
  EXPECT_EQ(dispatched_, 0);
  EXPECT_EQ(rejected.value(), before + 1);
}

TEST_F(PipelineAudit, TheLastPlaceIsEnoughForARequestThatIsToldOfOnItsArrival) {
  record("- {level: Metadata}\n", audit::WhenFull::refuse_requests);
  kept_->room = 1;
  EXPECT_EQ(send("/api/v1/pods", {kRoot})->status, 200);
  record("- {level: Metadata, omitStages: [RequestReceived]}\n", audit::WhenFull::refuse_requests);
  pipeline_.reset();
  kept_->room = 0;
  EXPECT_EQ(send("/api/v1/pods", {kRoot})->status, 500);
}

TEST_F(PipelineAudit, ARequestWaitsForABackendThatBlocks) {
  record("- {level: Metadata}\n");
  kept_->blocking = true;
  const auto exchange = send("/api/v1/pods", {kRoot});
  EXPECT_EQ(told(), Told{"RequestReceived"});
  EXPECT_EQ(dispatched_, 0);
  kept_->told(true);
  loop_.run();
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(told(), (Told{"RequestReceived", "ResponseComplete 200"}));
}

TEST_F(PipelineAudit, AfterAFailureItGoesOnUnlessItMustBeRecorded) {
  record("- {level: Metadata}\n");
  kept_->blocking = true;
  auto exchange = send("/api/v1/pods", {kRoot});
  kept_->told(false);
  loop_.run();
  EXPECT_EQ(exchange->status, 200);
  record("- {level: Metadata}\n", audit::WhenFull::refuse_requests);
  pipeline_.reset();
  kept_->blocking = true;
  exchange = send("/api/v1/pods", {kRoot});
  kept_->told(false);
  loop_.run();
  EXPECT_EQ(exchange->status, 500);
  EXPECT_TRUE(has(exchange->answer, "failed to store audit event")) << exchange->answer;
  EXPECT_EQ(dispatched_, 1);
}

TEST_F(PipelineAudit, WhoeverWaitedTooLongGetsNothingDone) {
  record("- {level: Metadata}\n");
  kept_->blocking = true;
  const auto exchange = send("/api/v1/pods", {kRoot});
  loop_.advance_to(base::SteadyClock::now() + std::chrono::hours(2));
  EXPECT_EQ(exchange->status, 504);
  kept_->told(true);
  loop_.run();
  EXPECT_EQ(dispatched_, 0);
  EXPECT_EQ(told(), (Told{"RequestReceived", "ResponseComplete 504"}));
}

TEST_F(PipelineAudit, WhatIsNotToldOfOnItsArrivalWaitsForNothing) {
  record("- {level: Metadata, omitStages: [RequestReceived]}\n");
  kept_->blocking = true;
  EXPECT_EQ(send("/api/v1/pods", {kRoot})->status, 200);
}

TEST_F(PipelineAudit, APolicyIsReplacedAsAWholeWhileRequestsRun) {
  const auto policy = [](audit::AuditLevel level) {
    audit::Policy made;
    made.rules.emplace_back().level = level;
    made.omit_managed_fields = level == audit::AuditLevel::request;
    made.omit_stages = level == audit::AuditLevel::request
                           ? audit::bit(audit::Stage::response_complete)
                           : audit::bit(audit::Stage::request_received);
    return made;
  };
  record("- {level: Metadata, omitStages: [RequestReceived]}\n");
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop) {
      owned_->replace(policy(audit::AuditLevel::request));
      owned_->replace(policy(audit::AuditLevel::metadata));
    }
  });
  for (int i = 0; i < 300; ++i) send("/api/v1/pods", {kRoot});
  stop = true;
  other.join();
  ASSERT_EQ(kept_->lines.size(), 300U) << "one policy's level with its own stages each";
  for (const std::string& text : kept_->lines) {
    EXPECT_EQ(has(text, R"("level":"Request")"), has(text, R"("stage":"RequestReceived")")) << text;
  }
}

TEST(PipelineLatencies, AreToldOfSlowRequestsOnly) {
  test::InlineExecutor loop;
  request::CallScope scope(loop, base::Deadline());
  const base::Deadline begun;
  Latencies latencies;
  latencies.start(begun);
  latencies.lap("authentication", begun + std::chrono::milliseconds(1));
  latencies.lap("authorization", begun + std::chrono::milliseconds(451));
  latencies.annotate(scope, std::chrono::milliseconds(500));
  EXPECT_TRUE(scope.annotations.empty());
  latencies.annotate(scope, std::chrono::microseconds(500'001));
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"apiserver.latency.k8s.io/authentication", "1ms"},
      {"apiserver.latency.k8s.io/authorization", "450ms"},
      {"apiserver.latency.k8s.io/total", "500.001ms"}};
  EXPECT_EQ(scope.annotations, expected);
}

TEST_F(PipelineAudit, RequestsAreCountedByLevelAndEventsByThemselves) {
  auto& none = metrics::counter("apiserver_audit_level_total", "", {"level"}).with({"None"});
  auto& metadata =
      metrics::counter("apiserver_audit_level_total", "", {"level"}).with({"Metadata"});
  auto& events = metrics::counter("apiserver_audit_event_total", "").with({});
  record("- {level: None, nonResourceURLs: [/version]}\n- {level: Metadata}\n");
  const std::uint64_t before[] = {none.value(), metadata.value(), events.value()};
  send("/version", {kRoot});
  send("/api/v1/pods", {kRoot});
  EXPECT_EQ(none.value(), before[0] + 1);
  EXPECT_EQ(metadata.value(), before[1] + 1);
  EXPECT_EQ(events.value(), before[2] + 2);
}

}  // namespace
}  // namespace limen::pipeline
