#include "modules/call_gate.h"

namespace limen::modules {

namespace {

constexpr std::string_view kStuck = "not called: too many of its earlier calls hang";
constexpr std::string_view kResting =
    "not called: many calls in a row did not answer in time; one is tried every 10 seconds";

std::int64_t nanoseconds(base::Deadline when) {
  return std::chrono::nanoseconds(when.time_since_epoch()).count();
}

}  // namespace

CallGate::CallGate(std::size_t max_calls)
    : max_calls_(max_calls),
      full_("too many calls at one time (maxCalls is " + std::to_string(max_calls) + ")") {}

std::string_view CallGate::refusal(base::Deadline now) const {
  if (stuck()) return kStuck;
  return rest_until_ns_.load(std::memory_order_relaxed) > nanoseconds(now) ? kResting
                                                                           : std::string_view();
}

std::string_view CallGate::enter(base::Deadline now) {
  if (stuck()) return kStuck;
  std::int64_t until = rest_until_ns_.load(std::memory_order_relaxed);
  if (until != 0) {
    // The rest is over for the one that says so first; everybody else waits for what it finds.
    const std::int64_t next = nanoseconds(now + kRest);
    if (until > nanoseconds(now) || !rest_until_ns_.compare_exchange_strong(until, next)) {
      return kResting;
    }
  }
  if (calls_.fetch_add(1, std::memory_order_relaxed) < max_calls_) return {};
  leave();
  return full_;
}

CallGate::Turn CallGate::answered() {
  if (timeouts_.load(std::memory_order_relaxed) == 0) return Turn::none;
  timeouts_.store(0, std::memory_order_relaxed);
  return rest_until_ns_.exchange(0) != 0 ? Turn::closed : Turn::none;
}

CallGate::Turn CallGate::timed_out(base::Deadline now) {
  if (timeouts_.fetch_add(1, std::memory_order_relaxed) + 1 < kTimeoutsInARow) return Turn::none;
  const bool rested = rest_until_ns_.exchange(nanoseconds(now + kRest)) != 0;
  return rested ? Turn::none : Turn::opened;
}

CallGate::Turn CallGate::hangs() {
  const std::size_t count = hanging_.fetch_add(1, std::memory_order_relaxed) + 1;
  return count > kMaxHanging && !stuck_.exchange(true) ? Turn::opened : Turn::none;
}

CallGate::Turn CallGate::hangs_no_more() {
  const std::size_t count = hanging_.fetch_sub(1, std::memory_order_relaxed) - 1;
  return count <= kMaxHanging / 2 && stuck_.exchange(false) ? Turn::closed : Turn::none;
}

}  // namespace limen::modules
