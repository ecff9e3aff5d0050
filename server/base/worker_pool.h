// WorkerPool: threads for work that may block or takes long, away from the I/O loops.
//
// Threads start when work finds none idle, up to a limit; beyond it work waits in a bounded queue.
// Each module instance has pools of its own, so that one that blocks for ever can only starve
// itself. Any thread may submit.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"

namespace limen::base {

class WorkerPool {
 public:
  // Called once on a worker: `cancelled` when the pool was stopped before the job's turn.
  using Job = std::function<void(bool cancelled)>;

  WorkerPool(std::string name, std::size_t max_threads, std::size_t max_queued)
      : name_(std::move(name)), max_threads_(max_threads), max_queued_(max_queued) {}
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  // Blocks until every thread has ended: call stop() first and see that they did.
  ~WorkerPool();

  // False when the pool has stopped or `max_queued` jobs wait; the job is then not called. `force`
  // takes it whatever waits.
  bool submit(Job job, bool force = false);

  // Takes no more, calls what waits with cancelled, waits for what runs. False when something still
  // runs at `deadline`; the pool must then be leaked. Not on one of its own threads.
  bool stop(Deadline deadline);

 private:
  void run();

  const std::string name_;
  const std::size_t max_threads_;
  const std::size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable ended_;
  std::deque<Job> queue_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  std::size_t running_ = 0;  // threads that have not ended
  bool stopping_ = false;
};

}  // namespace limen::base
