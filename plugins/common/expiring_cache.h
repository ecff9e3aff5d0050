// ExpiringCache: what somebody else said lately, by the digest of the question.
//
// Bounded: when full, the answer that was asked for longest ago goes. Each has its own end, after
// which it is no more. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "common/digest.h"

namespace limen::plugins {

template <class Value>
class ExpiringCache {
 public:
  using Ptr = std::shared_ptr<const Value>;
  using Time = std::chrono::nanoseconds;  // on the monotonic clock

  explicit ExpiringCache(std::size_t capacity) : capacity_(capacity) {}

  // Null when there is none, or none any more.
  Ptr find(const Digest& key, Time now) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    if (now >= found->second->until) {
      entries_.erase(found->second);
      places_.erase(found);
      return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  void store(const Digest& key, Ptr value, Time until) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = places_.find(key);
    if (found != places_.end()) {
      found->second->value = std::move(value);
      found->second->until = until;
      entries_.splice(entries_.begin(), entries_, found->second);
      return;
    }
    entries_.push_front({key, std::move(value), until});
    places_.emplace(key, entries_.begin());
    if (entries_.size() <= capacity_) return;
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }

  void clear() {
    const std::lock_guard<std::mutex> lock(mutex_);
    entries_.clear();
    places_.clear();
  }

 private:
  struct Entry {
    Digest key;
    Ptr value;
    Time until;
  };
  using Entries = std::list<Entry>;  // the one asked for last first

  const std::size_t capacity_;
  std::mutex mutex_;
  Entries entries_;
  std::unordered_map<Digest, typename Entries::iterator, DigestHash> places_;
};

}  // namespace limen::plugins
