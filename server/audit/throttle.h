// Throttle: so many a second, and a burst before that counts (a token bucket).
//
// Times are given, not asked for. One thread at a time.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/executor.h"

namespace limen::audit {

class Throttle {
 public:
  // `per_second` and `burst` are positive. Begins with the whole burst.
  Throttle(double per_second, double burst)
      : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // False when it is too early; true counts one.
  bool take(base::Deadline now) {
    refill(now);
    if (tokens_ < 1.0) return false;
    tokens_ -= 1.0;
    return true;
  }
  // When take() may be true; `now` when it may be at once.
  base::Deadline next(base::Deadline now) {
    refill(now);
    if (tokens_ >= 1.0) return now;
    const std::chrono::duration<double> missing((1.0 - tokens_) / per_second_);
    // Rounded up, or whoever waits wakes too early for ever.
    return now + std::chrono::ceil<base::SteadyClock::duration>(missing);
  }

 private:
  void refill(base::Deadline now) {
    if (now <= filled_) return;
    if (filled_ != base::Deadline{}) {
      const std::chrono::duration<double> passed = now - filled_;
      tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
    }
    filled_ = now;
  }

  const double per_second_;
  const double burst_;
  double tokens_;
  base::Deadline filled_{};
};

}  // namespace limen::audit
