// Clock: the host's time, so that tests can drive it. A cheap view; any thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "limen/clock.h"

namespace limen {

class Clock {
 public:
  Clock() = default;
  Clock(const limen_host* host, const limen_clock_api* api) : host_(host), api_(api) {}

  // Only grows; the scale of deadlines.
  std::chrono::nanoseconds monotonic() const {
    if (api_ != nullptr) return std::chrono::nanoseconds(api_->monotonic_ns(host_));
    return std::chrono::steady_clock::now().time_since_epoch();
  }
  // Since 1970-01-01T00:00:00Z.
  std::chrono::nanoseconds unix_time() const {
    if (api_ != nullptr) return std::chrono::nanoseconds(api_->unix_ns(host_));
    return std::chrono::system_clock::now().time_since_epoch();
  }
  std::int64_t unix_seconds() const {
    return std::chrono::duration_cast<std::chrono::seconds>(unix_time()).count();
  }

 private:
  const limen_host* host_ = nullptr;
  const limen_clock_api* api_ = nullptr;
};

}  // namespace limen
