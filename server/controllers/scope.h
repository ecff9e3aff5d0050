// Scope: the running work of the controllers, so that it can be ended in good order.
//
// Work is tasks on one loop. Ending the scope wakes every task that sleeps and waits until all have
// come to their end; writes under way are waited for, never abandoned.
// Thread rule: the loop's thread, but end().
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string_view>

#include "base/executor.h"
#include "base/task.h"

namespace limen::controllers {

class Scope {
 public:
  explicit Scope(base::Executor& loop) : loop_(loop) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  base::Executor& loop() const { return loop_; }
  bool ending() const { return ending_; }

  // Runs a task. One that throws is logged under `name` and gone.
  void spawn(std::string_view name, base::Task<void> task);
  // Waits; returns early when the scope ends.
  base::Task<void> sleep(std::chrono::milliseconds time);

  // Calls `done` on the loop once no task runs any more. Any thread, once.
  void end(std::function<void()> done);

 private:
  void task_ended();

  base::Executor& loop_;
  bool ending_ = false;
  std::size_t running_ = 0;
  std::function<void()> done_;
  std::set<std::shared_ptr<base::OneShot<bool>>> sleepers_;
};

// Several tasks at once, awaited together. An exception of one is thrown by wait() when all ended.
class Group {
 public:
  explicit Group(base::Executor& loop);
  void add(base::Task<void> task);
  // Once, after the last add().
  base::Task<void> wait();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace limen::controllers
