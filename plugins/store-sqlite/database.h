// Database: an ordered log of changes to keys in one SQLite file. See README.md for the format.
//
// Thread rule: one call at a time. Lifetime: the file is locked from construction to destruction.
#pragma once

#include <cstdint>
#include <functional>
#include <limen/cpp/store.hpp>
#include <memory>
#include <string>
#include <vector>

#include "checkpointer.h"
#include "lock_file.h"
#include "sqlite.h"

namespace limen_sqlite {

class Database {
 public:
  // Opens or makes the file. Throws DatabaseError.
  explicit Database(const std::string& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  limen::StoreState state() const { return state_; }
  // Throws DatabaseError when a row is not as it was written. `each` returns false to end it.
  void load(const std::function<bool(const limen::StoreChange&)>& each);
  // One durable transaction; see limen::Store.
  std::vector<std::int64_t> commit(const limen::StoreBatch& batch);
  std::int64_t compact(std::int64_t revision, std::size_t limit);
  // Has the next change get a revision greater than `revision`, which forgets all history when that
  // leaves revisions out. Durable on return.
  void advance(std::int64_t revision);

 private:
  struct Statements;
  class Transaction;
  class Unsynced;
  // Does one op as the change of this revision; false when its key is not as it expects.
  bool apply(const limen::StoreOp& op, std::int64_t revision);
  void checkpoint_if_grown();

  const std::string path_;
  std::unique_ptr<LockFile> lock_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Statements> statements_;
  std::unique_ptr<Checkpointer> checkpointer_;
  limen::StoreState state_;
  int log_pages_ = 0;
};

}  // namespace limen_sqlite
