// ReplayWindow: the nonces that were used, for as long as their requests would still be taken.
//
// Bounded: when it is full of nonces that still count, nothing new is taken. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>

namespace acme {

class ReplayWindow {
 public:
  enum class Outcome { fresh, replayed, full };

  explicit ReplayWindow(std::size_t limit) : limit_(limit) {}

  // Notes `nonce` until the second `until` is over. Times in seconds since 1970.
  Outcome take(const std::string& nonce, std::int64_t until, std::int64_t now) {
    const std::lock_guard<std::mutex> lock(mutex_);
    while (!by_time_.empty() && by_time_.begin()->first < now) {
      used_.erase(by_time_.begin()->second);
      by_time_.erase(by_time_.begin());
    }
    if (used_.count(nonce) != 0) return Outcome::replayed;
    if (used_.size() >= limit_) return Outcome::full;
    used_.insert(nonce);
    by_time_.emplace(until, nonce);
    return Outcome::fresh;
  }

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::unordered_set<std::string> used_;
  std::set<std::pair<std::int64_t, std::string>> by_time_;
};

}  // namespace acme
