#include "storage/write_queue.h"

#include <iterator>
#include <utility>

namespace limen::storage {

WriteQueue::Put WriteQueue::put(PendingWrite& write) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return Put::closed;
    if (writes_.size() >= max_writes_ || bytes_ + write.bytes() > max_bytes_) return Put::full;
    bytes_ += write.bytes();
    writes_.push_back(std::move(write));
    if (writes_.size() > 1) return Put::ok;  // the writer has been told
  }
  ready_.notify_one();
  return Put::ok;
}

void WriteQueue::put(Message message) {
  {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
  }
  ready_.notify_one();
}

void WriteQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  ready_.notify_one();
}

WriteQueue::Taken WriteQueue::take(bool want_writes, std::size_t batch_writes,
                                   std::size_t batch_bytes,
                                   std::chrono::steady_clock::time_point until) {
  Taken taken;
  std::unique_lock lock(mutex_);
  ready_.wait_until(lock, until, [&] {
    return !messages_.empty() || (want_writes && (closed_ || !writes_.empty()));
  });
  taken.messages.swap(messages_);
  if (want_writes) take_writes(taken, batch_writes, batch_bytes);
  taken.closed = closed_ && writes_.empty() && taken.writes.empty();
  return taken;
}

void WriteQueue::take_writes(Taken& taken, std::size_t batch_writes, std::size_t batch_bytes) {
  std::size_t bytes = 0;
  while (!writes_.empty() && taken.writes.size() < batch_writes) {
    const std::size_t next = writes_.front().bytes();
    // At least one, however large.
    if (!taken.writes.empty() && bytes + next > batch_bytes) break;
    bytes += next;
    taken.writes.push_back(std::move(writes_.front()));
    writes_.pop_front();
  }
  bytes_ -= bytes;
}

void WriteQueue::put_back(std::vector<PendingWrite> writes) {
  const std::lock_guard lock(mutex_);
  for (const PendingWrite& write : writes) bytes_ += write.bytes();
  writes_.insert(writes_.begin(), std::make_move_iterator(writes.begin()),
                 std::make_move_iterator(writes.end()));
}

std::size_t WriteQueue::size() const {
  const std::lock_guard lock(mutex_);
  return writes_.size();
}

}  // namespace limen::storage
