// Batcher: events that wait to be sent, and when how many of them go.
//
// A batch goes when it is full or its first event has waited long enough, and not before the
// throttle lets it. The buffer is bounded in events that wait, and in bytes of all that waits or is
// on its way. Times are given, not asked for. Thread rule: one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "audit/event.h"
#include "audit/throttle.h"
#include "base/executor.h"

namespace limen::audit {

struct BatchOptions {
  std::size_t max_buffered = 10'000;            // events that wait
  std::size_t max_bytes = 256UL * 1024 * 1024;  // that wait or are on their way
  std::size_t max_batch = 400;                  // events of one batch
  std::chrono::nanoseconds max_wait = std::chrono::seconds(30);
  bool throttled = true;
  double batches_per_second = 10;
  double burst = 15;
};

// An event and who wants to know what became of it; `told` may be null.
struct Waiting {
  Event event;
  std::function<void(bool stored)> told;
};

class Batcher {
 public:
  explicit Batcher(const BatchOptions& options);

  bool has_room() const { return fits(1); }
  // False when the buffer is full; `waiting` is then as it was.
  bool push(Waiting& waiting, base::Deadline now);

  // The batch that is due, its first event first; empty when none is. Each is given back with
  // finished().
  std::vector<Waiting> take(base::Deadline now);
  // When take() has something, if nothing comes meanwhile: not after `now` for at once, nothing
  // for never.
  std::optional<base::Deadline> due(base::Deadline now);
  // That batch is stored or lost: its `bytes`, as Event::size() says, make room.
  void finished(std::size_t bytes) { bytes_ -= bytes; }

  // From now on what waits is due, and the throttle is no more.
  void hurry() { hurried_ = true; }
  bool empty() const { return queue_.empty(); }
  std::size_t size() const { return queue_.size(); }  // events that wait

 private:
  struct Item {
    Waiting waiting;
    base::Deadline since;
  };
  bool fits(std::size_t bytes) const;

  const BatchOptions options_;
  Throttle throttle_;
  std::deque<Item> queue_;
  std::size_t bytes_ = 0;
  bool hurried_ = false;
};

}  // namespace limen::audit
