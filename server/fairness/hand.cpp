#include "fairness/hand.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace limen::fairness {

namespace {

// A bijection in which every bit of the result depends on every bit of the value.
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

std::uint64_t add(std::uint64_t hash, std::string_view text) {
  const std::size_t length = text.size();
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t taken = std::min(text.size(), sizeof(word));
    std::memcpy(&word, text.data(), taken);
    hash = mix(hash ^ word) + 0x9E3779B97F4A7C15U;
    text.remove_prefix(taken);
  }
  return mix(hash ^ length);
}

}  // namespace

// The hash is read as a number whose digits have the bases queues, queues - 1, ...; each digit
// picks one of the cards that are left.
Hand deal(std::uint64_t hash, std::uint32_t queues, std::uint32_t hand_size) {
  Hand hand;
  const auto largest = static_cast<std::uint32_t>(kLargestHand);
  hand.size = std::max(1U, std::min({hand_size, queues, largest}));
  std::array<std::uint32_t, kLargestHand> sorted{};
  for (std::uint32_t i = 0; i < hand.size; ++i) {
    const std::uint32_t left = std::max(1U, queues - i);
    auto card = static_cast<std::uint32_t>(hash % left);
    hash /= left;
    std::uint32_t at = 0;
    while (at < i && sorted[at] <= card) {
      ++card;
      ++at;
    }
    for (std::uint32_t j = i; j > at; --j) sorted[j] = sorted[j - 1];
    sorted[at] = card;
    hand.cards[i] = card;
  }
  return hand;
}

std::uint64_t schema_hash(std::string_view schema) {
  static const std::uint64_t seed = [] {
    std::random_device random;
    return (static_cast<std::uint64_t>(random()) << 32U) | random();
  }();
  return add(seed, schema);
}

std::uint64_t flow_hash(std::uint64_t schema, std::string_view distinguisher) {
  return add(schema, distinguisher);
}

}  // namespace limen::fairness
