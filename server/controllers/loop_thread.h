// LoopThread: an executor with a thread of its own.
//
// Thread rule: as base::Executor; stop() from any other thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/executor.h"

namespace limen::controllers {

class LoopThread final : public base::Executor {
 public:
  LoopThread();
  ~LoopThread() override;

  void post(std::function<void()> work) override;
  TimerId post_at(base::Deadline when, std::function<void()> work) override;
  void cancel_timer(TimerId timer) override;
  bool is_current() const override { return std::this_thread::get_id() == thread_.get_id(); }

  // Ends the thread after what is running now; the rest is dropped.
  void stop();

 private:
  void run();
  // What to do now; empty: nothing. Under the lock.
  std::function<void()> next();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  std::map<std::pair<base::Deadline, TimerId>, std::function<void()>> timers_;
  std::unordered_map<TimerId, base::Deadline> due_;
  TimerId last_timer_ = 0;
  bool timer_was_last_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace limen::controllers
