#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace limen::base {
namespace {

using namespace std::chrono_literals;

template <class Condition>
bool eventually(Condition condition) {
  const auto until = SteadyClock::now() + 10s;
  while (!condition() && SteadyClock::now() < until) std::this_thread::sleep_for(1ms);
  return condition();
}

TEST(WorkerPool, RunsNoMoreThanItsThreadsAtOnceAndRefusesAFullQueue) {
  WorkerPool pool("test", 2, 3);
  std::atomic<int> running{0}, most{0};
  std::atomic<bool> leave{false};
  const auto job = [&](bool) {
    const int now = ++running;
    int seen = most;
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    while (!leave) std::this_thread::sleep_for(1ms);
    --running;
  };
  EXPECT_TRUE(pool.submit(job));
  EXPECT_TRUE(pool.submit(job));
  EXPECT_TRUE(eventually([&] { return running == 2; }));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.submit(job));
  EXPECT_FALSE(pool.submit(job));
  EXPECT_TRUE(pool.submit(job, true));
  leave = true;
  EXPECT_TRUE(pool.stop(SteadyClock::now() + 5s));
  EXPECT_EQ(most, 2);
  EXPECT_FALSE(pool.submit(job));
}

TEST(WorkerPool, StopSaysWhenSomethingHangs) {
  auto pool = std::make_unique<WorkerPool>("test", 1, 1);
  std::atomic<bool> leave{false}, inside{false};
  pool->submit([&](bool) {
    inside = true;
    while (!leave) std::this_thread::sleep_for(1ms);
  });
  EXPECT_TRUE(eventually([&] { return inside.load(); }));
  EXPECT_FALSE(pool->stop(SteadyClock::now() + 20ms));
  leave = true;
}

}  // namespace
}  // namespace limen::base
