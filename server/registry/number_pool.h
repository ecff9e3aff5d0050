// NumberPool: numbers of a range, each held by one holder.
//
// Numbers that nobody asked for by name come from the upper part of the range first, so that the
// lower part stays free for those who choose theirs. No thread rule of its own: its owner locks.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

namespace limen::registry {

class NumberPool {
 public:
  using Holder = std::uint64_t;

  // The numbers from `first` to `last`, both included; `chosen` of them, at the start, are given to
  // those who do not choose only when there are no others.
  NumberPool(std::uint32_t first, std::uint32_t last, std::uint32_t chosen)
      : first_(first), last_(last), chosen_(chosen) {}

  std::uint32_t first() const { return first_; }
  std::uint32_t last() const { return last_; }
  bool covers(std::uint32_t number) const { return number >= first_ && number <= last_; }

  // False when another holds it. A number outside the range can be held as well.
  bool claim(std::uint32_t number, Holder holder);
  // One that was free, or nothing when all are held.
  std::optional<std::uint32_t> claim_any(Holder holder);
  // Gives the number back, if it is this holder's.
  void release(std::uint32_t number, Holder holder);
  bool is_held(std::uint32_t number) const { return held_.contains(number); }
  std::size_t held() const { return held_.size(); }

 private:
  std::optional<std::uint32_t> free_between(std::uint32_t low, std::uint32_t high) const;

  const std::uint32_t first_, last_, chosen_;
  std::unordered_map<std::uint32_t, Holder> held_;
};

}  // namespace limen::registry
