// Borrowing: how the seats of levels that need less go for a while to levels that need more.
//
// As KEP-1040 has it: every ten seconds each level's demand of the time since (seats in use and
// waited for) is smoothed, and the seats are divided so that every level gets the same proportion
// of what it needs, within its bounds. Pure functions and values; one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/executor.h"
#include "fairness/level_spec.h"

namespace limen::fairness {

inline constexpr std::chrono::seconds kBorrowingPeriod{10};

// The demand of one level over time: average, deviation and peak since the last look.
class DemandMeter {
 public:
  struct Reading {
    double seconds = 0, average = 0, deviation = 0;
    std::int64_t peak = 0;
  };
  // The demand is `seats` from now on.
  void set(std::int64_t seats, base::Deadline now);
  // What was since the last reading; begins another.
  Reading take(base::Deadline now);

 private:
  void go_on(base::Deadline now);

  bool begun_ = false;
  base::Deadline since_{};
  std::int64_t seats_ = 0, peak_ = 0;
  double seconds_ = 0, sum_ = 0, squares_ = 0;
};

// The smoothed demand of one level; half of what was is forgotten in five minutes.
struct SeatDemand {
  double smoothed = 0;
  std::int64_t peak = 0;
  void update(const DemandMeter::Reading& reading);
};

struct Share {
  double target = 0, least = 0, most = 0;
};

// Divides `seats` so that each gets `p` times its target within its bounds, with one p for all.
// When the bounds leave no way to give out exactly that many, everybody gets the nearer bound.
std::vector<double> divide_fairly(double seats, const std::vector<Share>& shares);

struct LevelDemand {
  SeatLimits limits;
  SeatDemand demand;
  bool exempt = false;
};

// The seats each level may use until the next look. What the exempt one uses is taken from the
// others, but never what a level does not lend.
std::vector<std::int64_t> lend_seats(const std::vector<LevelDemand>& levels);

}  // namespace limen::fairness
