#include "modules/executor_thread.h"

#include <pthread.h>

namespace limen::modules {

ExecutorThread::~ExecutorThread() {
  stop(base::SteadyClock::now());
  if (thread_.joinable()) thread_.join();
}

void ExecutorThread::start_locked() {
  if (started_) return;
  started_ = true;
  thread_ = std::thread([this] { run(); });
  thread_id_ = thread_.get_id();
  pthread_setname_np(thread_.native_handle(), name_.substr(0, 15).c_str());
}

void ExecutorThread::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  queue_.push_back(std::move(work));
  start_locked();
  changed_.notify_all();
}

base::Executor::TimerId ExecutorThread::post_at(base::Deadline when, std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return 0;
  const TimerId id = ++last_timer_;
  timers_.emplace(when, std::make_pair(id, std::move(work)));
  start_locked();
  changed_.notify_all();
  return id;
}

void ExecutorThread::cancel_timer(TimerId timer) {
  if (timer == 0) return;
  std::function<void()> dropped;  // destroyed without the lock
  const std::lock_guard lock(mutex_);
  for (auto it = timers_.begin(); it != timers_.end(); ++it) {
    if (it->second.first != timer) continue;
    dropped = std::move(it->second.second);
    timers_.erase(it);
    return;
  }
}

bool ExecutorThread::is_current() const {
  const std::lock_guard lock(mutex_);
  return started_ && thread_id_ == std::this_thread::get_id();
}

bool ExecutorThread::stop(base::Deadline deadline) {
  std::deque<std::function<void()>> dropped;
  decltype(timers_) forgotten;
  std::unique_lock lock(mutex_);
  stopping_ = true;
  dropped.swap(queue_);
  forgotten.swap(timers_);
  changed_.notify_all();
  if (!started_) return true;
  const bool over = changed_.wait_until(lock, deadline, [this] { return ended_; });
  lock.unlock();
  if (over && thread_.joinable()) thread_.join();
  return over;
}

void ExecutorThread::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::function<void()> work;
    if (!timers_.empty() && timers_.begin()->first <= base::SteadyClock::now()) {
      work = std::move(timers_.begin()->second.second);
      timers_.erase(timers_.begin());
    } else if (!queue_.empty()) {
      work = std::move(queue_.front());
      queue_.pop_front();
    } else if (timers_.empty()) {
      changed_.wait(lock);
      continue;
    } else {
      const base::Deadline next = timers_.begin()->first;
      changed_.wait_until(lock, next);
      continue;
    }
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace limen::modules
