#include "app/heartbeat.h"

#include <gtest/gtest.h>

#include "support/inline_executor.h"

namespace limen::app {
namespace {

using namespace std::chrono_literals;

class HeartbeatTest : public testing::Test {
 protected:
  // Far enough for every timer that is armed; what it arms in turn is due after it.
  static void beat(test::InlineExecutor& loop) {
    loop.advance_to(base::SteadyClock::now() + 2 * kPeriod);
  }
  std::vector<base::Executor*> loops() { return {&first_, &second_}; }

  static constexpr std::chrono::hours kPeriod{1};
  test::InlineExecutor first_, second_;
  int signs_ = 0;
};

TEST_F(HeartbeatTest, GivesASignEachTimeEveryLoopHasBeaten) {
  const Heartbeat heartbeat(loops(), kPeriod, [&] { ++signs_; });
  first_.run();
  EXPECT_EQ(signs_, 0);
  second_.run();
  EXPECT_EQ(signs_, 1);
  for (int round = 2; round < 5; ++round) {
    beat(second_);
    EXPECT_EQ(signs_, round - 1);
    beat(first_);
    EXPECT_EQ(signs_, round);
  }
}

TEST_F(HeartbeatTest, OneLoopThatHangsEndsTheSigns) {
  const Heartbeat heartbeat(loops(), kPeriod, [&] { ++signs_; });
  first_.run();
  second_.run();
  for (int i = 0; i < 10; ++i) beat(first_);
  EXPECT_EQ(signs_, 1);
  beat(second_);
  EXPECT_EQ(signs_, 2);
}

TEST_F(HeartbeatTest, ALoopBeatsOnceAPeriod) {
  const Heartbeat heartbeat(loops(), kPeriod, [&] { ++signs_; });
  const auto begun = base::SteadyClock::now();
  first_.run();
  second_.run();
  for (test::InlineExecutor* loop : {&first_, &second_}) {
    EXPECT_EQ(loop->timers(), 1U);
    loop->advance_to(begun + kPeriod - 1ms);
  }
  EXPECT_EQ(signs_, 1);
}

TEST_F(HeartbeatTest, IsSilentWithoutAPeriodOrLoops) {
  const Heartbeat none(loops(), 0s, [&] { ++signs_; });
  const Heartbeat alone({}, kPeriod, [&] { ++signs_; });
  first_.run();
  second_.run();
  EXPECT_EQ(signs_, 0);
  EXPECT_EQ(first_.timers(), 0U);
}

TEST_F(HeartbeatTest, EndsWithItsOwner) {
  {
    const Heartbeat heartbeat(loops(), kPeriod, [&] { ++signs_; });
    first_.run();
  }
  second_.run();
  beat(first_);
  beat(second_);
  EXPECT_EQ(signs_, 0);
  EXPECT_EQ(first_.timers() + second_.timers(), 0U);
}

}  // namespace
}  // namespace limen::app
