#include "checkpointer.h"

#include "schema.h"

namespace limen_sqlite {

Checkpointer::Checkpointer(const std::string& path) : path_(path), thread_([this] { run(); }) {}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wanted_changed_.notify_one();
  thread_.join();
}

void Checkpointer::log_grew(Connection& connection, int pages) {
  if (pages < kBegin) return;
  if (pages >= kTooMany) {
    // Failing (the thread is at it) costs nothing: the next commit tries again.
    sqlite3_wal_checkpoint_v2(connection.raw(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr,
                              nullptr);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (wanted_) return;
    wanted_ = true;
  }
  wanted_changed_.notify_one();
}

void Checkpointer::run() {
  std::unique_ptr<Connection> connection;
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_changed_.wait(lock, [&] { return wanted_ || stopping_; });
    if (stopping_) return;
    lock.unlock();
    try {
      if (!connection) connection = open_second(path_);
      sqlite3_wal_checkpoint_v2(connection->raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                nullptr);
    } catch (const DatabaseError&) {
      // Without checkpoints the log only grows; the committing thread takes over at its limit.
    }
    lock.lock();
    wanted_ = false;
  }
}

}  // namespace limen_sqlite
