// LevelSpec: what a PriorityLevelConfiguration says, and what that makes of the server's seats.
//
// A seat is what an ordinary request occupies while it is served. Thread rule: values, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "object/document.h"

namespace limen::fairness {

struct LevelSpec {
  std::string name, uid;
  bool exempt = false;  // never waits, never refused
  std::int64_t shares = 0;
  std::int64_t lendable_percent = 0;
  std::optional<std::int64_t> borrowing_limit_percent;  // nothing: no limit
  // 0 queues: what finds no seat is refused.
  std::uint32_t queues = 0, hand_size = 0;
  std::size_t queue_length_limit = 0;

  // Nothing for an object that contradicts itself: it is as if it were not there.
  static std::optional<LevelSpec> read(const object::Json& object);
};

// Seats of a level, in whole ones.
struct SeatLimits {
  std::int64_t nominal = 0;  // by its shares
  std::int64_t least = 0;    // what it never lends
  std::int64_t most = 0;     // with what it may borrow
};

// How `server_seats` are divided among levels by their shares. Each is rounded up, so that together
// they may be a few more.
std::vector<SeatLimits> divide_seats(std::int64_t server_seats,
                                     const std::vector<const LevelSpec*>& levels);

}  // namespace limen::fairness
