// Fairness: who is served now, who waits and who is refused when there is more to do than can be
// done at once (API Priority and Fairness, row R6 and KEP-1040).
//
// A request is classified by the flow schemas to a priority level and takes seats of it, or waits
// in one of its queues. The schemas and levels are an immutable snapshot that configure()
// exchanges; each I/O thread keeps the one it used last, so classifying takes no lock. Before the
// first configure() only the mandatory objects exist. Thread rule: any thread; configure() and
// adjust() one at a time. Lifetime: outlives the places entered in it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "fairness/flow_metrics.h"
#include "fairness/flow_schema.h"
#include "fairness/level.h"
#include "fairness/level_spec.h"
#include "fairness/place.h"
#include "fairness/watch_counts.h"
#include "object/document.h"

namespace limen::fairness {

struct Options {
  std::int64_t server_seats = 600;  // of all levels together, at least 1
  // How many objects of a resource there are. Null: as if there were none.
  std::function<std::size_t(std::string_view group, std::string_view resource)> count_objects;
  Now now = &base::SteadyClock::now;
};

// A flow schema with the level it leads to.
struct Flow {
  Flow(FlowSchema schema_, std::shared_ptr<Level> level_, std::string level_uid_,
       std::int64_t widest_);

  FlowSchema schema;
  std::shared_ptr<Level> level;
  std::string level_uid;
  FlowMetrics metrics;
  std::uint64_t hash = 0;
  std::int64_t widest = 1;  // seats one request may take
};

struct Snapshot {
  std::vector<std::unique_ptr<const Flow>> flows;  // in the order in which they are asked
  const Flow* catch_all = nullptr;                 // for what matches nothing

  const Flow& find(const Digest& digest) const;
};

class Fairness {
 public:
  explicit Fairness(Options options);
  Fairness(const Fairness&) = delete;
  Fairness& operator=(const Fairness&) = delete;

  // Takes over what is stored: FlowSchemas and PriorityLevelConfigurations. A schema whose level is
  // not there, or a level that contradicts itself, is passed over; the mandatory ones are made up
  // when they are missing. A level that is not wanted any more serves to the end those in it.
  void configure(const std::vector<object::Json>& schemas, const std::vector<object::Json>& levels);
  // Lends seats of levels that need less to those that need more; every kBorrowingPeriod.
  void adjust();

  // Classifies a request that is in no place yet, and takes it in. `waiting`: await
  // place.answer(), and give up when it took too long or the client has gone. The digest and the
  // loop outlive the place.
  Decision enter(Place& place, const Digest& digest, base::Executor& loop);

  // Each level that is in use, by name, and whether it only serves to the end.
  struct LevelState {
    LevelDump dump;
    bool quiescing = false;
  };
  std::vector<LevelState> dump(bool with_details) const;

 private:
  struct Kept {
    std::shared_ptr<Level> level;
    LevelSpec spec;
    SeatLimits seats;
    SeatDemand demand;
    bool wanted = true;
  };

  const std::shared_ptr<const Snapshot>& snapshot() const;
  Work estimate(const request::RequestInfo& info, const Flow& flow) const;
  void take_levels(const std::vector<object::Json>& levels);
  void drop_idle();
  void share_out();
  void publish(const std::vector<object::Json>& schemas);

  const Options options_;
  WatchCounts watches_;

  mutable std::mutex mutex_;
  std::map<std::string, Kept> levels_;
  std::shared_ptr<const Snapshot> current_;
  std::atomic<std::uint64_t> version_{0};  // of current_; no two instances share one
};

// The most objects of a list that one seat serves, and the seats one request may take.
inline constexpr std::int64_t kObjectsPerSeat = 100;
inline constexpr std::int64_t kMostSeats = 10;

}  // namespace limen::fairness
