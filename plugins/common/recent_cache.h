// RecentCache: what was found out lately, by the digest of what it was found out about.
//
// Bounded: when full, the oldest entry goes. Any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "common/digest.h"

namespace limen::plugins {

template <class Value>
class RecentCache {
 public:
  using Ptr = std::shared_ptr<const Value>;

  explicit RecentCache(std::size_t capacity) : capacity_(capacity) {}

  // Null when there is none.
  Ptr find(const Digest& key) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : found->second;
  }

  void store(const Digest& key, Ptr value) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!entries_.insert_or_assign(key, std::move(value)).second) return;
    order_.push_back(key);
    if (order_.size() > capacity_) {
      entries_.erase(order_.front());
      order_.pop_front();
    }
  }

  void clear() {
    const std::lock_guard<std::mutex> lock(mutex_);
    entries_.clear();
    order_.clear();
  }

  std::size_t size() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return entries_.size();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::unordered_map<Digest, Ptr, DigestHash> entries_;
  std::deque<Digest> order_;  // as inserted, oldest first
};

}  // namespace limen::plugins
