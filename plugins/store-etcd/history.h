// History: where the data stand when the server starts, and what they were before.
//
// Its functions wait for etcd and are called on the server's thread, one at a time, never on the
// loop. They throw StoreFailure.
#pragma once

#include <cstdint>
#include <limen/cpp/draft/store.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "client.h"
#include "keys.h"

namespace limen_etcd {

// what() is one sentence for the operator.
class StoreFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Reading;

struct Position {
  std::int64_t revision = 1;   // of the newest change
  std::int64_t compacted = 0;  // where the history that is read begins
};

class History {
 public:
  History(Client& client, const Keys& keys) : client_(client), keys_(keys) {}

  // The newest revision, and the revision up to which etcd has forgotten; a later one when the
  // history since is very long.
  Position find();
  std::int64_t newest() { return ask(0).value_or(1); }
  // All keys at `compacted`, then the changes up to `revision`. False: the sink wants no more.
  bool read(const Position& position, const limen::draft::ChangeSink& sink);
  // The revision etcd has forgotten up to, between `least` and `newest`.
  std::int64_t forgotten(std::int64_t least, std::int64_t newest);

 private:
  // Nothing: the revision asked for has been forgotten.
  std::optional<rpc::RangeResponse> try_range(const rpc::RangeRequest& request);
  // The newest revision, asked as of `revision` (0: now).
  std::optional<std::int64_t> ask(std::int64_t revision);
  bool read_keys(std::int64_t revision, const limen::draft::ChangeSink& sink);
  bool read_changes(const Position& position, const limen::draft::ChangeSink& sink);
  // The changes after `read` up to `end`.
  bool read_part(std::int64_t read, std::int64_t end, std::unique_ptr<Reading> reading,
                 const limen::draft::ChangeSink& sink);

  Client& client_;
  const Keys& keys_;
};

}  // namespace limen_etcd
