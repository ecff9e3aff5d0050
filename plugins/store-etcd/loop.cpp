#include "loop.h"

#include <utility>

namespace limen_etcd {

void Loop::start() {
  thread_ = std::thread([this] { run(); });
}

void Loop::post(Task task) {
  const std::lock_guard lock(mutex_);
  if (gone_) return;
  posted_.push_back(std::move(task));
  if (posted_.size() == 1) wake_.notify_one();
}

void Loop::after(milliseconds time, Task task) {
  timers_.emplace(Clock::now() + time, std::move(task));
}

void Loop::end() { ended_ = true; }

void Loop::join() {
  if (thread_.joinable()) thread_.join();
}

std::deque<Loop::Task> Loop::take() {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return !posted_.empty(); };
  if (timers_.empty()) {
    wake_.wait(lock, ready);
  } else {
    wake_.wait_until(lock, timers_.begin()->first, ready);
  }
  return std::exchange(posted_, {});
}

void Loop::run_timers() {
  while (!ended_ && !timers_.empty() && timers_.begin()->first <= Clock::now()) {
    const Task task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    task();
  }
}

void Loop::run() {
  while (!ended_) {
    for (const Task& task : take()) {
      task();
      if (ended_) break;
    }
    run_timers();
  }
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    dropped.swap(posted_);
  }
  timers_.clear();
}

}  // namespace limen_etcd
