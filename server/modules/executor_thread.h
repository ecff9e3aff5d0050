// ExecutorThread: an Executor with a thread of its own, which starts with the first work.
//
// Each module instance has one: what the host tells an instance in order (object changes) and its
// timers run there, so that a slow callback delays nobody else. Any thread may post. stop() ends
// it; what is posted later is dropped.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/executor.h"

namespace limen::modules {

class ExecutorThread final : public base::Executor {
 public:
  // `name` is what tools show for the thread; at most 15 bytes are kept.
  explicit ExecutorThread(std::string name) : name_(std::move(name)) {}
  // Blocks until the thread has ended: call stop() first and see that it did.
  ~ExecutorThread() override;

  void post(std::function<void()> work) override;
  TimerId post_at(base::Deadline when, std::function<void()> work) override;
  void cancel_timer(TimerId timer) override;
  bool is_current() const override;

  // Drops what is queued, forgets timers, waits for the work that runs. False when that has not
  // ended at `deadline`; the object must then be leaked. Not on the executor's own thread.
  bool stop(base::Deadline deadline);

 private:
  void start_locked();
  void run();

  const std::string name_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::multimap<base::Deadline, std::pair<TimerId, std::function<void()>>> timers_;
  TimerId last_timer_ = 0;
  std::thread thread_;
  std::thread::id thread_id_;
  bool started_ = false;
  bool stopping_ = false;
  bool ended_ = false;
};

}  // namespace limen::modules
