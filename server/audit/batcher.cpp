#include "audit/batcher.h"

#include <algorithm>
#include <utility>

namespace limen::audit {

Batcher::Batcher(const BatchOptions& options)
    : options_(options), throttle_(options.batches_per_second, options.burst) {}

// One event alone may be larger than the whole buffer: it could never go otherwise.
bool Batcher::fits(std::size_t bytes) const {
  return queue_.size() < options_.max_buffered &&
         (bytes_ == 0 || bytes_ + bytes <= options_.max_bytes);
}

bool Batcher::push(Waiting& waiting, base::Deadline now) {
  const std::size_t bytes = waiting.event.size();
  if (!fits(bytes)) return false;
  bytes_ += bytes;
  queue_.push_back({std::move(waiting), now});
  return true;
}

std::optional<base::Deadline> Batcher::due(base::Deadline now) {
  if (queue_.empty()) return std::nullopt;
  if (hurried_) return now;
  const bool full = queue_.size() >= options_.max_batch;
  const base::Deadline ripe =
      full ? now
           : queue_.front().since +
                 std::chrono::duration_cast<base::SteadyClock::duration>(options_.max_wait);
  return options_.throttled ? std::max(ripe, throttle_.next(now)) : ripe;
}

std::vector<Waiting> Batcher::take(base::Deadline now) {
  std::vector<Waiting> batch;
  const auto when = due(now);
  if (!when || *when > now) return batch;
  if (options_.throttled && !hurried_) throttle_.take(now);
  const std::size_t count = std::min(queue_.size(), options_.max_batch);
  batch.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    batch.push_back(std::move(queue_.front().waiting));
    queue_.pop_front();
  }
  return batch;
}

}  // namespace limen::audit
