// VerdictCache: what was found out about the certificate chains seen lately.
//
// A connection presents the same chain with every request; judging it costs a hundred times what
// finding it here costs. Bounded: when full, the oldest entry goes. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/digest.h"
#include "identity.h"

namespace limen::plugins {

// The outcome of judging one chain.
struct Verdict {
  CertificateIdentity identity;  // when `error` is empty
  std::string credential_id;     // "X509SHA256=<hex of the leaf>"
  std::string error;
  std::int64_t until = 0;  // seconds since 1970, exclusive: from then on it has to be judged anew
};
using VerdictPtr = std::shared_ptr<const Verdict>;

class VerdictCache {
 public:
  explicit VerdictCache(std::size_t capacity) : capacity_(capacity) {}

  // Null when there is none or it has run out.
  VerdictPtr find(const Digest& chain, std::int64_t now) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = entries_.find(chain);
    return found == entries_.end() || now >= found->second->until ? nullptr : found->second;
  }

  void store(const Digest& chain, VerdictPtr verdict) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!entries_.insert_or_assign(chain, std::move(verdict)).second) return;
    order_.push_back(chain);
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
  std::unordered_map<Digest, VerdictPtr, DigestHash> entries_;
  std::deque<Digest> order_;  // as inserted, oldest first
};

}  // namespace limen::plugins
