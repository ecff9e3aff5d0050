// How many requests may be at work at once, reads and writes counted apart.
//
// Watches and other long-running requests are not counted, nor are members of system:masters, so
// that an administrator always gets in. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace limen::pipeline {

class InFlight {
 public:
  InFlight(std::size_t max_reads, std::size_t max_writes)
      : max_reads_(max_reads), max_writes_(max_writes) {}

  // A place among those at work, given back when destroyed. Converts to false when there was none.
  class Slot {
   public:
    Slot() = default;
    explicit Slot(std::atomic<std::size_t>* counter) : counter_(counter) {}
    Slot(Slot&& other) noexcept : counter_(std::exchange(other.counter_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(counter_, other.counter_);
      return *this;
    }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() {
      if (counter_ != nullptr) counter_->fetch_sub(1, std::memory_order_relaxed);
    }
    explicit operator bool() const { return counter_ != nullptr; }

   private:
    std::atomic<std::size_t>* counter_ = nullptr;
  };

  Slot enter(bool mutating) {
    std::atomic<std::size_t>& counter = mutating ? writes_ : reads_;
    const std::size_t limit = mutating ? max_writes_ : max_reads_;
    if (counter.fetch_add(1, std::memory_order_relaxed) >= limit && limit != 0) {
      counter.fetch_sub(1, std::memory_order_relaxed);
      return Slot();
    }
    return Slot(&counter);
  }
  std::size_t reads() const { return reads_.load(std::memory_order_relaxed); }
  std::size_t writes() const { return writes_.load(std::memory_order_relaxed); }

 private:
  const std::size_t max_reads_;
  const std::size_t max_writes_;
  std::atomic<std::size_t> reads_{0};
  std::atomic<std::size_t> writes_{0};
};

}  // namespace limen::pipeline
