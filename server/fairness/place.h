// Place: where one request stands: in a queue of its level, or served on some seats of it.
//
// A member of what the request itself is, so that being served costs no allocation. It gives
// everything back when it goes, whatever becomes of the request. Thread rule: the request's loop;
// what the level keeps in it is guarded by the level's mutex. Lifetime: the digest it was entered
// with outlives it.
#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/executor.h"
#include "base/task.h"
#include "fairness/flow_metrics.h"
#include "fairness/flow_schema.h"
#include "fairness/watch_counts.h"

namespace limen::fairness {

class Level;
struct Queue;
struct Snapshot;

// How much a request takes: some seats while it is served, and perhaps some for a while after, when
// what it wrote is told to many watchers.
struct Work {
  std::int64_t seats = 1, final_seats = 0;
  std::chrono::nanoseconds linger{0};
  std::int64_t width() const { return seats > final_seats ? seats : final_seats; }
};

enum class Decision : std::uint8_t {
  execute,            // it is served now
  waiting,            // await the answer
  queue_full,         // refused, as are those below
  concurrency_limit,  // the level has no queues
  timed_out,          // waited as long as it may
  cancelled           // its client has gone
};

// The reason of a refusal as metrics name it.
std::string_view reason_of(Decision refusal);

class Place : public boost::intrusive::list_base_hook<> {
 public:
  Place() = default;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { leave(); }

  // Gives the seats back, or leaves the queue. Nothing when it is nowhere.
  void leave();
  // Leaves the queue; whoever awaits answer() is told why. False when it waits no longer.
  bool give_up(Decision why);
  // After enter() said `waiting`: execute or the reason why not. Awaited once.
  const base::OneShot<Decision>& answer() const { return *answer_; }

  // Of the schema the request belongs to and of its level; empty before it was classified and for
  // mandatory objects that are not stored yet.
  std::string_view schema_uid() const { return schema_uid_; }
  std::string_view level_uid() const { return level_uid_; }

 private:
  friend class Level;
  friend class Fairness;
  enum class State : std::uint8_t { out, waiting, executing };

  std::shared_ptr<Level> level_;  // while it is somewhere
  std::shared_ptr<const Snapshot> snapshot_;
  std::string_view schema_uid_, level_uid_;
  WatchCounts::Registration watch_;

  State state_ = State::out;
  Queue* queue_ = nullptr;
  const FlowMetrics* metrics_ = nullptr;
  const request::RequestInfo* info_ = nullptr;
  const request::Identity* user_ = nullptr;
  std::string_view schema_, distinguisher_;
  base::Executor* loop_ = nullptr;
  Work work_;
  double arrival_ = 0;  // in the level's virtual time
  std::uint64_t number_ = 0;
  base::Deadline arrived_{}, started_{};
  std::optional<base::OneShot<Decision>> answer_;
};

}  // namespace limen::fairness
