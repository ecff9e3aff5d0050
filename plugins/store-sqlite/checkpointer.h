// Checkpointer: moves committed pages from the write-ahead log into the database, beside the
// commits.
//
// A thread with a connection of its own: a passive checkpoint never makes a commit wait, and the
// syncs of the database file are not in a client's way. Under a load that never pauses the log
// would grow for ever, so beyond a size the committing thread finishes the (by then small) rest
// itself. Thread rule: log_grew() from the committing thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "sqlite.h"

namespace limen_sqlite {

class Checkpointer {
 public:
  // Pages of the log at which a checkpoint begins, and at which commits wait for one (64 MiB).
  static constexpr int kBegin = 1000;
  static constexpr int kTooMany = 16384;

  explicit Checkpointer(const std::string& path);
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;
  ~Checkpointer();

  // The log has `pages` pages now. `connection` is the committing one, outside a transaction.
  void log_grew(Connection& connection, int pages);

 private:
  void run();

  const std::string path_;
  std::mutex mutex_;
  std::condition_variable wanted_changed_;
  bool wanted_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace limen_sqlite
