// Maintenance: forgetting history, and leaving revisions out.
//
// Its functions wait for etcd and are called on the server's thread, never on the loop. They throw
// StoreFailure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limen/cpp/log.hpp>

#include "client.h"
#include "history.h"

namespace limen_etcd {

class Maintenance {
 public:
  Maintenance(Client& client, History& history, limen::Log log)
      : client_(client), history_(history), log_(log) {}

  // What open() found.
  void begin(std::int64_t compacted) { compacted_ = compacted; }
  // Has etcd forget changes up to `revision`, at most `limit` of them. The revision reached.
  std::int64_t compact(std::int64_t revision, std::size_t limit);
  // Writes to a key of our own until the newest revision is `revision` or more.
  void advance(std::int64_t revision);

 private:
  Client& client_;
  History& history_;
  const limen::Log log_;
  std::int64_t compacted_ = 0;
};

}  // namespace limen_etcd
