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

void LoopThread::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!timers_.empty() && timers_.begin()->first.first <= base::SteadyClock::now()) {
      const auto first = timers_.begin();
      work_.push_back(std::move(first->second));
      due_.erase(first->first.second);
      timers_.erase(first);
      continue;
    }
    if (!work_.empty()) {
      const std::function<void()> next = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      next();
      lock.lock();
    } else if (timers_.empty()) {
      changed_.wait(lock);
    } else {
      const base::Deadline next = timers_.begin()->first.first;
      changed_.wait_until(lock, next);
    }
  }
}

}  // namespace limen::controllers
