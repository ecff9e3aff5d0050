// Buckets: token buckets by the digest of what they count for.
//
// A bucket holds at most `burst` tokens and begins full; `per_second` tokens come back each second.
// Bounded: when there are more keys than `capacity`, the bucket used longest ago goes, and its key
// begins anew with a full one. What a bucket takes in memory does not depend on the key's length.
// Any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <unordered_map>

#include "common/digest.h"

namespace limen::plugins {

class Buckets {
 public:
  using Time = std::chrono::nanoseconds;  // on the monotonic clock

  Buckets(double per_second, double burst, std::size_t capacity)
      : per_second_(per_second), burst_(burst), capacity_(capacity) {}

  // Takes a token from the bucket of `key`. False when there is none: nothing is taken then.
  bool take(const Digest& key, Time now) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Bucket& bucket = bucket_of(key, now);
    const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
    if (seconds > 0) {
      bucket.tokens = std::min(burst_, bucket.tokens + seconds * per_second_);
      bucket.filled = now;
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

 private:
  struct Bucket {
    Digest key{};
    double tokens = 0;
    Time filled{0};  // when `tokens` was reckoned
  };
  using List = std::list<Bucket>;  // the one used last first

  Bucket& bucket_of(const Digest& key, Time now) {
    const auto found = places_.find(key);
    if (found != places_.end()) {
      buckets_.splice(buckets_.begin(), buckets_, found->second);
      return buckets_.front();
    }
    buckets_.push_front({key, burst_, now});
    places_.emplace(key, buckets_.begin());
    if (buckets_.size() > capacity_) {
      places_.erase(buckets_.back().key);
      buckets_.pop_back();
    }
    return buckets_.front();
  }

  const double per_second_, burst_;
  const std::size_t capacity_;  // 1 or more
  std::mutex mutex_;
  List buckets_;
  std::unordered_map<Digest, List::iterator, DigestHash> places_;
};

}  // namespace limen::plugins
