// Where generated tests take their choices from: a seed, the same everywhere and for ever, or the
// bytes of a fuzzer, which then steers what is made. Thread-confined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace limen::test {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : state_(seed) {}
  // Once the bytes are used up every choice is the first one.
  explicit Choices(std::string_view bytes) : bytes_(bytes), from_bytes_(true) {}

  // A number below `below`, which is at least 1 and at most 256.
  std::size_t pick(std::size_t below) { return next() % below; }
  // True once in `n` times.
  bool one_in(std::size_t n) { return pick(n) == n - 1; }
  template <class Value>
  const Value& of(const std::vector<Value>& values) {
    return values[pick(values.size())];
  }

 private:
  std::size_t next() {
    if (!from_bytes_) return static_cast<std::size_t>(step() >> 33);
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  // SplitMix64, which is good from any seed.
  std::uint64_t step() {
    std::uint64_t mixed = (state_ += 0x9E3779B97F4A7C15U);
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31);
  }

  std::uint64_t state_ = 0;
  std::string_view bytes_;
  bool from_bytes_ = false;
};

}  // namespace limen::test
