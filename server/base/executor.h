// Where work runs next.
//
// An Executor runs posted functions one after another on one thread; an I/O loop is one. What is
// posted from one thread runs in the order it was posted. Executors outlive everything posted to
// them that matters: at shutdown a posted function may be dropped, never run twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace limen::base {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

class Executor {
 public:
  using TimerId = std::uint64_t;  // 0 is never a timer

  Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  virtual ~Executor() = default;

  // Runs `work` soon on the executor's thread, never inside this call. Any thread.
  virtual void post(std::function<void()> work) = 0;

  // Runs `work` on the executor's thread once `when` has passed, unless cancelled. Any thread.
  virtual TimerId post_at(Deadline when, std::function<void()> work) = 0;

  // Forgets a timer. A timer that has fired or is 0 is ignored. Any thread; only on the executor's
  // own thread is it certain that the work does not run after the return.
  virtual void cancel_timer(TimerId timer) = 0;

  // True on the executor's own thread.
  virtual bool is_current() const = 0;
};

}  // namespace limen::base
