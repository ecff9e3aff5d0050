// WriteQueue: what the writer has to do, from any thread.
//
// Writes wait here, at most so many and so many bytes; the other messages (answers of the driver,
// changes it tells of, orders to confirm, to compact or to stop) always find room. The writer takes
// messages in the order they came. Thread rule: any thread puts, the writer takes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/collection.h"
#include "storage/driver.h"
#include "storage/stored_object.h"

namespace limen::storage {

struct PendingWrite {
  enum class Kind : std::uint8_t { create, update, remove };
  Kind kind = Kind::create;
  Key key;
  std::string driver_key;
  Revision expected = 0;
  std::string value;  // canonical text; empty for remove
  Draft draft;        // null for remove
  Collection* collection = nullptr;
  std::function<void(WriteResult)> done;

  std::size_t bytes() const { return driver_key.size() + value.size(); }
};

// A change that the driver told of, copied.
struct ToldChange {
  std::string key, value;
  Revision revision = 0, created = 0;
  bool removed = false;
  std::uint32_t form = 0;
};
// Changes were missed; the changes until ResyncEnd are what there is at `revision`.
struct ResyncBegin {
  Revision revision = 0;
};
struct ResyncEnd {};
// Empty: it is over.
struct DriverTrouble {
  std::string reason;
};

// Somebody wants to know that memory is as new as the data.
struct ConfirmOrder {
  std::function<void(std::string error)> done;
};
// The driver's answer to those who waited when it was asked.
struct Confirmed {
  std::string error;
};

struct CompactOrder {
  Revision revision = 0;
  std::function<void()> done;
};

// What else comes between writes.
using Message = std::variant<ToldChange, ResyncBegin, ResyncEnd, DriverTrouble, CommitResult,
                             ConfirmOrder, Confirmed, CompactOrder>;

class WriteQueue {
 public:
  WriteQueue(std::size_t max_writes, std::size_t max_bytes)
      : max_writes_(max_writes), max_bytes_(max_bytes) {}

  enum class Put { ok, full, closed };
  // Takes `write` only when ok.
  Put put(PendingWrite& write);
  void put(Message message);
  // No write is taken any more; the writer is told once all that were are done.
  void close();

  // Moves out the messages and, when `want_writes`, the writes of one batch. Waits until there is
  // something, `until` has passed or the queue is closed and empty.
  struct Taken {
    std::deque<Message> messages;
    std::vector<PendingWrite> writes;
    bool closed = false;  // and there are no more writes
  };
  Taken take(bool want_writes, std::size_t batch_writes, std::size_t batch_bytes,
             std::chrono::steady_clock::time_point until);
  // Writes that must wait for the next batch, in order, before all others.
  void put_back(std::vector<PendingWrite> writes);
  std::size_t size() const;

 private:
  void take_writes(Taken& taken, std::size_t batch_writes, std::size_t batch_bytes);

  const std::size_t max_writes_, max_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<PendingWrite> writes_;
  std::deque<Message> messages_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace limen::storage
