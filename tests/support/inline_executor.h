// An executor for tests: posted work waits until run() is called, on the calling thread; timers
// fire when the test moves the time on.
#pragma once

#include <algorithm>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/executor.h"
#include "base/task.h"

namespace limen::test {

class InlineExecutor final : public base::Executor {
 public:
  void post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  TimerId post_at(base::Deadline when, std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    timers_.emplace(++last_timer_, std::pair(when, std::move(work)));
    return last_timer_;
  }
  void cancel_timer(TimerId timer) override {
    const std::lock_guard lock(mutex_);
    timers_.erase(timer);
  }
  bool is_current() const override { return true; }

  // Runs what has been posted, and what that posts, until nothing is left.
  void run() {
    while (auto work = next()) (*work)();
  }
  // Fires every timer due at `now`, then runs.
  void advance_to(base::Deadline now) {
    std::map<TimerId, std::pair<base::Deadline, std::function<void()>>> due;
    {
      const std::lock_guard lock(mutex_);
      for (auto it = timers_.begin(); it != timers_.end();) {
        if (it->second.first <= now) {
          due.insert(*it);
          it = timers_.erase(it);
        } else {
          ++it;
        }
      }
    }
    for (auto& [id, timer] : due) timer.second();
    run();
  }
  std::size_t timers() const {
    const std::lock_guard lock(mutex_);
    return timers_.size();
  }

 private:
  std::optional<std::function<void()>> next() {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) return std::nullopt;
    auto work = std::move(queue_.front());
    queue_.pop_front();
    return work;
  }
  mutable std::mutex mutex_;
  std::deque<std::function<void()>> queue_;
  std::map<TimerId, std::pair<base::Deadline, std::function<void()>>> timers_;
  TimerId last_timer_ = 0;
};

// Runs a task to its end on `executor` and gives its value; throws what it threw.
template <class T>
T run_task(InlineExecutor& executor, base::Task<T> task) {
  std::optional<T> value;
  std::exception_ptr failure;
  bool done = false;
  const auto wrap = [](base::Task<T> inner, std::optional<T>* out) -> base::Task<void> {
    out->emplace(co_await inner);
  };
  base::spawn(wrap(std::move(task), &value), [&](std::exception_ptr error) {
    failure = error;
    done = true;
  });
  executor.run();
  if (!done) throw std::logic_error("the task is still waiting");
  if (failure) std::rethrow_exception(failure);
  return std::move(*value);
}

inline void run_task(InlineExecutor& executor, base::Task<void> task) {
  std::exception_ptr failure;
  bool done = false;
  base::spawn(std::move(task), [&](std::exception_ptr error) {
    failure = error;
    done = true;
  });
  executor.run();
  if (!done) throw std::logic_error("the task is still waiting");
  if (failure) std::rethrow_exception(failure);
}

}  // namespace limen::test
