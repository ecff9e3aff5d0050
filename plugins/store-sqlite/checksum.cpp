#include "checksum.h"

#include <cstring>

namespace limen_sqlite {

namespace {

constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15u;  // 2^64 divided by the golden ratio

std::uint64_t mix(std::uint64_t state, std::uint64_t word) {
  state = (state ^ word) * kMultiplier;
  return state ^ (state >> 32);
}

std::uint64_t mix_bytes(std::uint64_t state, std::string_view bytes) {
  state = mix(state, bytes.size());
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    state = mix(state, word);
    bytes.remove_prefix(sizeof word);
  }
  std::uint64_t rest = 0;
  if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());  // empty text may be null
  return mix(state, rest);
}

}  // namespace

std::uint64_t checksum(std::int64_t revision, std::string_view key, std::string_view value) {
  return mix_bytes(mix_bytes(mix(0, static_cast<std::uint64_t>(revision)), key), value);
}

}  // namespace limen_sqlite
