// Level: the seats of one priority level, and the queues of those who wait for one.
//
// Fair queuing for requests as KEP-1040 describes it. Virtual time R goes on at the rate at which
// each queue in use could be served if all were served evenly. A queue has the R at which its next
// request begins in that virtual world; the request that would end first there is served next. What
// a request takes is estimated when it begins and put right when it ends, so a flow that costs more
// than its share begins later and later, and one that seldom asks is served at once.
//
// One mutex guards it all and is held for some hundred nanoseconds, by any loop; whoever was given
// a seat is told after it was let go. Any thread. Lifetime: shared by the snapshots that name it
// and by the requests that are in it.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/executor.h"
#include "base/task.h"
#include "fairness/borrowing.h"
#include "fairness/level_spec.h"
#include "fairness/place.h"

namespace limen::fairness {

using Now = base::Deadline (*)();

using PlaceList = boost::intrusive::list<Place>;

// One queue that somebody waits in or is served from; the others of the level exist in name only.
struct Queue {
  std::uint32_t index = 0;
  PlaceList waiting, executing;
  double next_start = 0;    // R at which its next request begins
  double waiting_work = 0;  // seat-seconds
  std::int64_t seats = 0;   // in use
  bool active() const { return !waiting.empty() || !executing.empty(); }
};

// A request as a dump shows it.
struct RequestDump {
  std::string schema, distinguisher;
  std::int64_t index = 0;  // in its queue; -1: it is being served
  Work work;
  base::Deadline arrived{}, started{};  // started: the epoch while it waits
  std::string user, verb, path, ns, name, group_version, resource, subresource;
};

struct QueueDump {
  std::uint32_t index = 0;
  std::size_t waiting = 0, executing = 0;
  std::int64_t seats = 0, initial_seats = 0, widths = 0;
  double next_start = 0, work = 0;
  std::vector<RequestDump> requests;
};

struct LevelDump {
  std::string name;
  std::uint32_t queues = 0;  // by its configuration
  std::size_t waiting = 0, executing = 0;
  std::uint64_t dispatched = 0, rejected = 0, timed_out = 0, cancelled = 0;
  std::int64_t seats = 0, limit = 0;
  std::vector<QueueDump> active;       // by index
  std::vector<RequestDump> queueless;  // served without a queue
};

class Level : public std::enable_shared_from_this<Level> {
 public:
  // What a request brings with it. Borrowed as Place says.
  struct Arrival {
    Digest digest;
    std::string_view schema, distinguisher;
    const FlowMetrics& metrics;
    std::uint64_t hash = 0;
    Work work;
    base::Executor& loop;
  };

  explicit Level(std::string name, Now now = &base::SteadyClock::now);
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

  const std::string& name() const { return name_; }

  // The shape of its queues and the seats it may use from now on.
  void configure(const LevelSpec& spec, std::int64_t seats);
  void limit(std::int64_t seats);
  std::int64_t limit() const;

  // Execute, waiting, or why not. The place is empty.
  Decision enter(Place& place, const Arrival& arrival);
  bool give_up(Place& place, Decision why);
  void leave(Place& place);

  DemandMeter::Reading take_demand();
  // Nobody waits or is served.
  bool idle() const;
  LevelDump dump(bool with_details) const;

 private:
  using Granted = std::vector<base::OneShot<Decision>>;

  // The rest under the mutex.
  void go_on(base::Deadline now);
  bool fits(std::int64_t width) const;
  Queue& choose(std::uint64_t hash);
  Queue& queue_at(std::uint32_t index);
  void enqueue(Place& place, Queue& queue);
  void dequeue(Place& place);
  void withdraw(Place& place, Decision why, base::Deadline now);
  void start(Place& place, Queue* queue, base::Deadline now);
  void dispatch(base::Deadline now, Granted& granted);
  Queue& next_queue();
  void finish(Place& place, base::Deadline now);
  void release(std::int64_t width, Queue* queue, metrics::Gauge& seats);
  void release_later(const Place& place, Queue* queue);
  void forget_if_idle(Queue& queue);
  void note_demand(base::Deadline now);
  void count_refusal(Place& place, Decision why, base::Deadline now);
  static void keep_in_bounds(Queue& queue);

  const std::string name_;
  const Now now_;

  mutable std::mutex mutex_;
  LevelSpec spec_;
  std::int64_t limit_ = 0;
  std::unordered_map<std::uint32_t, Queue> queues_;
  std::vector<std::unordered_map<std::uint32_t, Queue>::node_type> spare_;  // of queues gone idle
  std::vector<Queue*> backlog_;  // queues in which somebody waits
  PlaceList queueless_;          // served without a queue
  std::size_t waiting_ = 0, executing_ = 0, active_queues_ = 0;
  std::int64_t seats_ = 0, seats_wanted_ = 0;  // in use; waited for
  double virtual_time_ = 0;                    // R, in seat-seconds
  base::Deadline last_{};
  std::uint64_t numbers_ = 0, enqueued_ = 0;
  std::uint64_t dispatched_ = 0, rejected_ = 0, timed_out_ = 0, cancelled_ = 0;
  DemandMeter demand_;
};

}  // namespace limen::fairness
