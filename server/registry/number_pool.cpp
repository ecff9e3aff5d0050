#include "registry/number_pool.h"

#include <random>

namespace limen::registry {

bool NumberPool::claim(std::uint32_t number, Holder holder) {
  const auto [place, is_new] = held_.emplace(number, holder);
  return is_new || place->second == holder;
}

std::optional<std::uint32_t> NumberPool::claim_any(Holder holder) {
  const std::uint32_t upper = first_ + chosen_;
  std::optional<std::uint32_t> found;
  if (upper <= last_) found = free_between(upper, last_);
  if (!found && chosen_ > 0) found = free_between(first_, upper - 1);
  if (found) held_.emplace(*found, holder);
  return found;
}

void NumberPool::release(std::uint32_t number, Holder holder) {
  const auto place = held_.find(number);
  if (place != held_.end() && place->second == holder) held_.erase(place);
}

// Any of them, so that what was just given back is not soon taken by another.
std::optional<std::uint32_t> NumberPool::free_between(std::uint32_t low, std::uint32_t high) const {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const std::uint64_t size = std::uint64_t{high} - low + 1;
  const std::uint64_t begin = std::uniform_int_distribution<std::uint64_t>(0, size - 1)(random);
  for (std::uint64_t i = 0; i < size; ++i) {
    const auto number = static_cast<std::uint32_t>(low + (begin + i) % size);
    if (!held_.contains(number)) return number;
  }
  return std::nullopt;
}

}  // namespace limen::registry
