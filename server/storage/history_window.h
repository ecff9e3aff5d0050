// HistoryWindow: up to which revision history may be forgotten, from when revisions were reached.
//
// Looks at the newest revision now and then; what it saw long enough ago may go. Plain arithmetic,
// no clock of its own. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

#include "storage/store.h"

namespace limen::storage {

class HistoryWindow {
 public:
  using Time = std::chrono::steady_clock::time_point;

  HistoryWindow(std::chrono::milliseconds keep, std::int64_t max_changes)
      : keep_(keep), max_changes_(max_changes) {}

  // Notes that `revision` is the newest at `now` and returns up to where history may be forgotten:
  // what is older than the time kept, and all but the newest `max_changes`. 0: nothing yet.
  Revision look(Time now, Revision revision);

 private:
  const std::chrono::milliseconds keep_;
  const std::int64_t max_changes_;
  std::deque<std::pair<Time, Revision>> seen_;
  Revision forget_ = 0;
};

}  // namespace limen::storage
