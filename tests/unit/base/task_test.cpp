#include "base/task.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

#include "support/inline_executor.h"

namespace limen::base {
namespace {

using test::InlineExecutor;
using test::run_task;

Task<int> answer() { co_return 42; }
Task<int> answer_plus(int more) { co_return co_await answer() + more; }
Task<int> broken() {
  throw std::runtime_error("broken");
  co_return 0;
}
Task<int> relay() { co_return co_await broken(); }

TEST(Task, GivesTheValueOfWhatItAwaited) {
  InlineExecutor loop;
  EXPECT_EQ(run_task(loop, answer_plus(1)), 43);
}

TEST(Task, PassesAnExceptionThroughEveryAwait) {
  InlineExecutor loop;
  EXPECT_THROW(run_task(loop, relay()), std::runtime_error);
}

TEST(Task, DoesNothingUntilAwaited) {
  bool ran = false;
  const auto body = [](bool* flag) -> Task<void> {
    *flag = true;
    co_return;
  };
  { Task<void> task = body(&ran); }
  EXPECT_FALSE(ran);
}

Task<int> wait_for(OneShot<int> shot) { co_return co_await shot; }

TEST(OneShot, AValueThatIsThereDoesNotSuspend) {
  InlineExecutor loop;
  OneShot<int> shot(loop);
  EXPECT_TRUE(shot.set(7));
  EXPECT_EQ(run_task(loop, wait_for(shot)), 7);
}

TEST(OneShot, OnlyTheFirstValueCounts) {
  InlineExecutor loop;
  OneShot<int> shot(loop);
  EXPECT_TRUE(shot.set(1));
  EXPECT_FALSE(shot.set(2));
  EXPECT_EQ(run_task(loop, wait_for(shot)), 1);
}

TEST(OneShot, ALateValueResumesTheTaskOnItsExecutor) {
  InlineExecutor loop;
  OneShot<int> shot(loop);
  int got = 0;
  const auto body = [](OneShot<int> source, int* out) -> Task<void> { *out = co_await source; };
  bool done = false;
  spawn(body(shot, &got), [&](std::exception_ptr) { done = true; });
  EXPECT_FALSE(done);
  std::thread([shot] { shot.set(9); }).join();
  EXPECT_FALSE(done) << "the task must not run on the thread that set the value";
  loop.run();
  EXPECT_TRUE(done);
  EXPECT_EQ(got, 9);
}

TEST(OneShot, RacingSettersAndWaitersAgree) {
  for (int round = 0; round < 2000; ++round) {
    InlineExecutor loop;
    OneShot<int> shot(loop);
    std::thread setter([shot] { shot.set(5); });
    int got = 0;
    bool done = false;
    const auto body = [](OneShot<int> source, int* out) -> Task<void> { *out = co_await source; };
    spawn(body(shot, &got), [&](std::exception_ptr) { done = true; });
    setter.join();
    loop.run();
    ASSERT_TRUE(done);
    ASSERT_EQ(got, 5);
  }
}

}  // namespace
}  // namespace limen::base
