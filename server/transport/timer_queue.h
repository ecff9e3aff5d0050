// Timers of one loop: a binary heap whose entries can be taken out from the middle.
//
// Thread rule: any thread; a lock guards it. Work is never run or destroyed under the lock.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "base/executor.h"

namespace limen::transport {

class TimerQueue {
 public:
  using Id = base::Executor::TimerId;
  struct Added {
    Id id;
    bool is_earliest;  // the loop must not sleep longer than this one
  };

  Added add(base::Deadline when, std::function<void()> work);
  // Forgets a timer that has not been taken; others are ignored.
  void cancel(Id id);
  // The earliest deadline; nothing when there is no timer.
  std::optional<base::Deadline> next() const;
  // Takes one timer that is due at `now`; an empty function when none is.
  std::function<void()> take_due(base::Deadline now);

 private:
  // A slot is found by the low half of an id; the high half tells its users apart.
  struct Slot {
    std::function<void()> work;
    std::uint32_t generation = 1;
    std::uint32_t heap_index = 0;
    bool used = false;
  };
  struct Entry {
    base::Deadline when;
    std::uint64_t order;  // equal deadlines run in the order they were added
    std::uint32_t slot;
  };

  static bool earlier(const Entry& left, const Entry& right);
  void place(std::size_t index, const Entry& entry);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);
  std::function<void()> remove(std::size_t index);

  mutable std::mutex mutex_;
  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::uint64_t added_ = 0;
};

}  // namespace limen::transport
