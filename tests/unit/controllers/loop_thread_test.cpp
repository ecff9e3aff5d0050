#include "controllers/loop_thread.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <vector>

namespace limen::controllers {
namespace {

using std::chrono::milliseconds;

// Runs `work` on the loop and waits for it.
void run_on(LoopThread& loop, const std::function<void()>& work) {
  std::promise<void> done;
  loop.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

TEST(LoopThread, ATimerCancelledOnTheLoopDoesNotRunThoughItIsDue) {
  LoopThread loop;
  bool ran = false;
  run_on(loop, [&] {
    const base::Deadline past = base::SteadyClock::now() - milliseconds(1);
    const auto second = std::make_shared<base::Executor::TimerId>(0);
    // Both are due when the loop looks; the first takes the second back.
    loop.post_at(past, [&loop, second] { loop.cancel_timer(*second); });
    *second = loop.post_at(past + std::chrono::microseconds(1), [&] { ran = true; });
  });
  run_on(loop, [] {});
  run_on(loop, [] {});
  run_on(loop, [] {});
  EXPECT_FALSE(ran);
}

TEST(LoopThread, TimersAndWorkTakeTurns) {
  LoopThread loop;
  std::vector<int> order;
  run_on(loop, [&] {
    const base::Deadline past = base::SteadyClock::now() - milliseconds(5);
    loop.post([&] { order.push_back(1); });
    loop.post([&] { order.push_back(2); });
    loop.post_at(past, [&] { order.push_back(-1); });
    loop.post_at(past + milliseconds(1), [&] { order.push_back(-2); });
  });
  for (int i = 0; i < 4; ++i) run_on(loop, [] {});
  EXPECT_EQ(order, (std::vector<int>{-1, 1, -2, 2}));
}

TEST(LoopThread, TimersRunInTheOrderOfTheirTime) {
  LoopThread loop;
  std::vector<int> order;
  std::promise<void> done;
  run_on(loop, [&] {
    const base::Deadline now = base::SteadyClock::now();
    loop.post_at(now + milliseconds(4), [&] {
      order.push_back(2);
      done.set_value();
    });
    loop.post_at(now + milliseconds(2), [&] { order.push_back(1); });
  });
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

}  // namespace
}  // namespace limen::controllers
