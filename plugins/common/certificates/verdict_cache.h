// VerdictCache: what was found out about the certificate chains seen lately.
//
// A connection presents the same chain with every request; judging it costs a hundred times what
// finding it here costs. Bounded: when full, the oldest entry goes. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "common/certificates/identity.h"
#include "common/digest.h"
#include "common/recent_cache.h"

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
  explicit VerdictCache(std::size_t capacity) : verdicts_(capacity) {}

  // Null when there is none or it has run out.
  VerdictPtr find(const Digest& chain, std::int64_t now) const {
    VerdictPtr verdict = verdicts_.find(chain);
    return verdict == nullptr || now >= verdict->until ? nullptr : verdict;
  }
  void store(const Digest& chain, VerdictPtr verdict) {
    verdicts_.store(chain, std::move(verdict));
  }
  void clear() { verdicts_.clear(); }
  std::size_t size() const { return verdicts_.size(); }

 private:
  RecentCache<Verdict> verdicts_;
};

}  // namespace limen::plugins
