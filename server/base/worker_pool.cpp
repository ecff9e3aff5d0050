#include "base/worker_pool.h"

#include <pthread.h>

namespace limen::base {

WorkerPool::~WorkerPool() {
  stop(SteadyClock::now());
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool WorkerPool::submit(Job job, bool force) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || (!force && queue_.size() >= max_queued_)) return false;
  queue_.push_back(std::move(job));
  if (idle_ < queue_.size() && threads_.size() < max_threads_) {
    ++running_;
    threads_.emplace_back([this] { run(); });
    pthread_setname_np(threads_.back().native_handle(), name_.substr(0, 15).c_str());
  }
  work_.notify_one();
  return true;
}

bool WorkerPool::stop(Deadline deadline) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  work_.notify_all();
  const bool over = ended_.wait_until(lock, deadline, [this] { return running_ == 0; });
  lock.unlock();
  if (over) {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  return over;
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!queue_.empty()) {
      Job job = std::move(queue_.front());
      queue_.pop_front();
      const bool cancelled = stopping_;
      lock.unlock();
      job(cancelled);
      job = nullptr;
      lock.lock();
      continue;
    }
    if (stopping_) break;
    ++idle_;
    work_.wait(lock);
    --idle_;
  }
  --running_;
  ended_.notify_all();
}

}  // namespace limen::base
