// CallGate: who may call a module instance, and when nobody may.
//
// It counts the calls of one instance and refuses those beyond its limit at once. It is the circuit
// breaker as well: an instance is not called while more than kMaxHanging of its calls hang (they
// are past their deadline, and the module has not completed them), until half of these have ended;
// nor for kRest after kTimeoutsInARow calls in a row have not answered in time, and then one call
// at a time is let through to see whether it does again. So a module that hangs, or waits for
// somebody who is gone, costs its callers nothing. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/executor.h"

namespace limen::modules {

class CallGate {
 public:
  static constexpr std::size_t kMaxHanging = 16;
  static constexpr unsigned kTimeoutsInARow = 20;
  static constexpr std::chrono::seconds kRest{10};

  // What a change of the breaker is, for the log and for metrics.
  enum class Turn { none, opened, closed };

  // At most `max_calls` at one time.
  explicit CallGate(std::size_t max_calls);
  CallGate(const CallGate&) = delete;
  CallGate& operator=(const CallGate&) = delete;

  // Why no call may begin now, valid as long as the gate. Empty: one has begun, and leave() is due.
  std::string_view enter(base::Deadline now);
  // A call of the host itself (start), which is always let in.
  void enter_always() { calls_.fetch_add(1, std::memory_order_relaxed); }
  void leave() { calls_.fetch_sub(1, std::memory_order_release); }

  // How a call ended: it was completed in time, or it had all its time and was not.
  Turn answered();
  Turn timed_out(base::Deadline now);
  // A call began to hang, and ended at last.
  Turn hangs();
  Turn hangs_no_more();

  std::size_t calls() const { return calls_.load(std::memory_order_acquire); }
  std::size_t hanging() const { return hanging_.load(std::memory_order_relaxed); }
  std::size_t max_calls() const { return max_calls_; }
  // Whether too many calls hang; and whether it rests after calls that did not answer.
  bool stuck() const { return stuck_.load(std::memory_order_relaxed); }
  bool resting() const { return rest_until_ns_.load(std::memory_order_relaxed) != 0; }
  // Why calls are refused whoever makes them; empty: they are not, or one will be tried.
  std::string_view refusal(base::Deadline now) const;

 private:
  const std::size_t max_calls_;
  const std::string full_;  // the refusal beyond the limit
  std::atomic<std::size_t> calls_{0};
  std::atomic<std::size_t> hanging_{0};
  std::atomic<bool> stuck_{false};
  std::atomic<unsigned> timeouts_{0};           // in a row
  std::atomic<std::int64_t> rest_until_ns_{0};  // 0: it does not rest
};

}  // namespace limen::modules
