// Shuffle sharding: the few queues of a level that a flow may use, dealt by a hash of the flow.
//
// Two flows seldom get the same hand, so that one which fills all of its queues leaves most others
// a queue of their own. Thread rule: free functions, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace limen::fairness {

// Validation lets a hand use 60 bits of the hash, which is 15 cards at most.
inline constexpr std::size_t kLargestHand = 16;

struct Hand {
  std::array<std::uint32_t, kLargestHand> cards{};
  std::uint32_t size = 0;
};

// `hand_size` different numbers below `queues`; at least 1 and at most min(queues, kLargestHand).
Hand deal(std::uint64_t hash, std::uint32_t queues, std::uint32_t hand_size);

// The hash of a schema's name, and that of one of its flows. Seeded anew in every process, so that
// nobody can pick names that share their queues with somebody.
std::uint64_t schema_hash(std::string_view schema);
std::uint64_t flow_hash(std::uint64_t schema, std::string_view distinguisher);

}  // namespace limen::fairness
