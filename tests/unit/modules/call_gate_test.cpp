#include "modules/call_gate.h"

#include <gtest/gtest.h>

#include "observability/metrics.h"
#include "support.h"

namespace limen::modules {
namespace {

using test::PuppetHouse;
using namespace std::chrono_literals;
using Turn = CallGate::Turn;

const base::Deadline kNow{1000s};

TEST(CallGate, LetsInAsManyCallsAsItsLimitSays) {
  CallGate gate(2);
  EXPECT_EQ(gate.enter(kNow), "");
  EXPECT_EQ(gate.enter(kNow), "");
  EXPECT_EQ(gate.enter(kNow), "too many calls at one time (maxCalls is 2)");
  EXPECT_EQ(gate.calls(), 2u);
  gate.leave();
  EXPECT_EQ(gate.enter(kNow), "");
  EXPECT_EQ(gate.refusal(kNow), "");  // to be full for a moment is no trouble
}

TEST(CallGate, RestsAfterCallsInARowThatDidNotAnswer) {
  CallGate gate(1000);
  for (unsigned i = 1; i < CallGate::kTimeoutsInARow; ++i)
    EXPECT_EQ(gate.timed_out(kNow), Turn::none);
  EXPECT_EQ(gate.enter(kNow), "");
  EXPECT_EQ(gate.timed_out(kNow), Turn::opened);
  EXPECT_TRUE(gate.resting());
  EXPECT_EQ(gate.enter(kNow + CallGate::kRest - 1ns).substr(0, 10), "not called");
}

TEST(CallGate, OneAnswerInBetweenBeginsTheCountAnew) {
  CallGate gate(1000);
  for (unsigned i = 1; i < CallGate::kTimeoutsInARow; ++i) gate.timed_out(kNow);
  EXPECT_EQ(gate.answered(), Turn::none);
  EXPECT_EQ(gate.timed_out(kNow), Turn::none);
  EXPECT_FALSE(gate.resting());
}

TEST(CallGate, TriesOneCallAfterItsRest) {
  CallGate gate(1000);
  for (unsigned i = 0; i < CallGate::kTimeoutsInARow; ++i) gate.timed_out(kNow);
  const base::Deadline later = kNow + CallGate::kRest;
  EXPECT_EQ(gate.refusal(later), "");
  EXPECT_EQ(gate.enter(later), "");
  EXPECT_NE(gate.enter(later), "");  // one at a time
  EXPECT_EQ(gate.timed_out(later), Turn::none);
  EXPECT_NE(gate.enter(later + CallGate::kRest - 1ns), "");
  EXPECT_EQ(gate.enter(later + CallGate::kRest), "");
  EXPECT_EQ(gate.answered(), Turn::closed);
  EXPECT_EQ(gate.enter(later + CallGate::kRest), "");
}

TEST(CallGate, IsShutWhileTooManyCallsHang) {
  CallGate gate(1000);
  for (std::size_t i = 0; i < CallGate::kMaxHanging; ++i) EXPECT_EQ(gate.hangs(), Turn::none);
  EXPECT_EQ(gate.enter(kNow), "");
  EXPECT_EQ(gate.hangs(), Turn::opened);
  EXPECT_EQ(gate.enter(kNow), "not called: too many of its earlier calls hang");
  while (gate.hanging() > CallGate::kMaxHanging / 2 + 1)
    EXPECT_EQ(gate.hangs_no_more(), Turn::none);
  EXPECT_EQ(gate.hangs_no_more(), Turn::closed);
  EXPECT_EQ(gate.enter(kNow), "");
}

// --- the same through an instance

std::string metric(const std::string& line_start) {
  const std::string all = metrics::render();
  const std::size_t at = all.find("\n" + line_start + " ");
  if (at == std::string::npos) return "none";
  const std::size_t value = at + line_start.size() + 2;
  return all.substr(value, all.find('\n', value) - value);
}
const std::string kOfAuthorizer = "{kind=\"authorizer\",name=\"puppet\"}";

TEST(ModuleCalls, BeyondTheLimitAreRefusedAtOnceAndCounted) {
  PuppetHouse house(false, 5s);
  house.generation_spec().authorizers[0].max_calls = 1;
  house.open();
  static std::atomic<limen_call*> open{nullptr};
  open = nullptr;
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply*) -> limen_status {
    open = call;
    return LIMEN_PENDING;
  };
  auto first = house.scope();
  auto second = house.scope();
  std::thread asking([&] { house.authorize(first); });
  ASSERT_TRUE(test::eventually([] { return open.load() != nullptr; }));
  EXPECT_EQ(metric("limen_module_calls_in_flight" + kOfAuthorizer), "1");
  EXPECT_EQ(metric("limen_module_max_calls" + kOfAuthorizer), "1");
  const authz::Result refused = house.authorize(second);
  EXPECT_EQ(refused.verdict, authz::Verdict::deny);
  EXPECT_EQ(refused.error, "too many calls at one time (maxCalls is 1)");
  const limen_host* host = house.strings().host;
  static_cast<const limen_call_api*>(host->get_extension(host, LIMEN_CALL))
      ->complete(open, LIMEN_OK);
  asking.join();
  EXPECT_EQ(metric("limen_module_calls_in_flight" + kOfAuthorizer), "0");
}

// Such as a webhook whose server is gone: the module keeps its calls in order, but none answers.
TEST(ModuleCalls, ThatNeverAnswerInTimeOpenTheBreaker) {
  PuppetHouse house(false, 1ms);
  house.open();
  house.strings().authorize = [](limen_call*, const limen_attributes*,
                                 const limen_authz_reply*) -> limen_status {
    std::this_thread::sleep_for(2ms);
    return LIMEN_E_DEADLINE;
  };
  auto scope = house.scope();
  for (unsigned i = 0; i < CallGate::kTimeoutsInARow; ++i) house.authorize(scope);
  EXPECT_EQ(
      house.authorize(scope).error,
      "not called: many calls in a row did not answer in time; one is tried every 10 seconds");
  EXPECT_EQ(metric("limen_module_breaker_open" + kOfAuthorizer), "1");
  EXPECT_EQ(house.runtime().current()->instances()[1].refusal.substr(0, 10), "not called");
  // Whom it asks is asked by all servers: this one stays ready.
  EXPECT_TRUE(house.runtime().current()->troubles().empty());
}

}  // namespace
}  // namespace limen::modules
