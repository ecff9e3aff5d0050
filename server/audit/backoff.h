// Backoff: how long to wait before the next attempt, until there is none (row U5).
//
// Five attempts; each wait is half as long again as the one before and up to a fifth longer by
// chance, so that servers that failed together do not come back together. A value.
#pragma once

#include <chrono>
#include <optional>

namespace limen::audit {

class Backoff {
 public:
  static constexpr int kAttempts = 5;
  static constexpr double kFactor = 1.5;
  static constexpr double kJitter = 0.2;

  explicit Backoff(std::chrono::nanoseconds initial) : wait_(initial) {}

  // After an attempt that failed; `chance` is from 0 to 1. Nothing: it was the last one.
  std::optional<std::chrono::nanoseconds> next(double chance) {
    if (++failed_ >= kAttempts) return std::nullopt;
    const std::chrono::duration<double, std::nano> wait = wait_;
    wait_ = wait * kFactor;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(wait * (1.0 + kJitter * chance));
  }

 private:
  std::chrono::duration<double, std::nano> wait_;
  int failed_ = 0;
};

}  // namespace limen::audit
