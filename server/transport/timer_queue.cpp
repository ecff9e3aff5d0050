#include "transport/timer_queue.h"

#include <utility>

namespace limen::transport {

bool TimerQueue::earlier(const Entry& left, const Entry& right) {
  return left.when != right.when ? left.when < right.when : left.order < right.order;
}

TimerQueue::Added TimerQueue::add(base::Deadline when, std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  slots_[slot].work = std::move(work);
  slots_[slot].used = true;
  heap_.push_back({when, ++added_, slot});
  slots_[slot].heap_index = static_cast<std::uint32_t>(heap_.size() - 1);
  sift_up(heap_.size() - 1);
  const Id id = (static_cast<Id>(slots_[slot].generation) << 32) | slot;
  return {id, heap_.front().slot == slot};
}

void TimerQueue::cancel(Id id) {
  std::function<void()> dropped;
  const std::lock_guard lock(mutex_);
  const auto slot = static_cast<std::uint32_t>(id);
  const auto generation = static_cast<std::uint32_t>(id >> 32);
  if (slot >= slots_.size() || !slots_[slot].used || slots_[slot].generation != generation) return;
  dropped = remove(slots_[slot].heap_index);
}

std::optional<base::Deadline> TimerQueue::next() const {
  const std::lock_guard lock(mutex_);
  if (heap_.empty()) return std::nullopt;
  return heap_.front().when;
}

std::function<void()> TimerQueue::take_due(base::Deadline now) {
  const std::lock_guard lock(mutex_);
  if (heap_.empty() || heap_.front().when > now) return {};
  return remove(0);
}

std::function<void()> TimerQueue::remove(std::size_t index) {
  const std::uint32_t freed = heap_[index].slot;
  Slot& slot = slots_[freed];
  std::function<void()> work = std::move(slot.work);
  slot.work = nullptr;
  slot.used = false;
  if (++slot.generation == 0) slot.generation = 1;  // 0 is never a timer
  free_slots_.push_back(freed);

  const Entry last = heap_.back();
  heap_.pop_back();
  if (index < heap_.size()) {
    place(index, last);
    sift_up(index);
    sift_down(slots_[last.slot].heap_index);
  }
  return work;
}

void TimerQueue::place(std::size_t index, const Entry& entry) {
  heap_[index] = entry;
  slots_[entry.slot].heap_index = static_cast<std::uint32_t>(index);
}

void TimerQueue::sift_up(std::size_t index) {
  const Entry moving = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (!earlier(moving, heap_[parent])) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, moving);
}

void TimerQueue::sift_down(std::size_t index) {
  const Entry moving = heap_[index];
  while (true) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && earlier(heap_[child + 1], heap_[child])) ++child;
    if (!earlier(heap_[child], moving)) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, moving);
}

}  // namespace limen::transport
