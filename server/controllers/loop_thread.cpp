#include "controllers/loop_thread.h"

namespace limen::controllers {

LoopThread::LoopThread() : thread_([this] { run(); }) {}

LoopThread::~LoopThread() { stop(); }

void LoopThread::post(std::function<void()> work) {
  // Told under the lock: who sees the work done may destroy this at once.
  const std::lock_guard lock(mutex_);
  work_.push_back(std::move(work));
  changed_.notify_one();
}

LoopThread::TimerId LoopThread::post_at(base::Deadline when, std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  const TimerId timer = ++last_timer_;
  timers_.emplace(std::pair(when, timer), std::move(work));
  due_.emplace(timer, when);
  changed_.notify_one();
  return timer;
}

void LoopThread::cancel_timer(TimerId timer) {
  std::function<void()> dropped;  // freed after the lock
  const std::lock_guard lock(mutex_);
  const auto due = due_.find(timer);
  if (due == due_.end()) return;
  const auto entry = timers_.find(std::pair(due->second, timer));
  dropped = std::move(entry->second);
  timers_.erase(entry);
  due_.erase(due);
}

void LoopThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::function<void()> LoopThread::next() {
  std::function<void()> work;
  const bool due = !timers_.empty() && timers_.begin()->first.first <= base::SteadyClock::now();
  // In turns, so that neither keeps the other waiting. A due timer stays where cancel_timer() finds
  // it until it runs.
  if (due && (work_.empty() || !timer_was_last_)) {
    const auto first = timers_.begin();
    work = std::move(first->second);
    due_.erase(first->first.second);
    timers_.erase(first);
    timer_was_last_ = true;
  } else if (!work_.empty()) {
    work = std::move(work_.front());
    work_.pop_front();
    timer_was_last_ = false;
  }
  return work;
}

void LoopThread::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (const std::function<void()> work = next()) {
      lock.unlock();
      work();
      lock.lock();
    } else if (timers_.empty()) {
      changed_.wait(lock);
    } else {
      const base::Deadline due = timers_.begin()->first.first;
      changed_.wait_until(lock, due);
    }
  }
}

}  // namespace limen::controllers
