// Arena: memory for the inputs of one module call, freed all at once.
//
// The first kInlineBytes need no allocation. Calls are recycled, so most never allocate at all. One
// thread at a time.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "limen/abi.h"

namespace limen::modules {

class Arena {
 public:
  static constexpr std::size_t kInlineBytes = 2048;

  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { clear(true); }

  // Uninitialised memory until clear(). Never null.
  void* take(std::size_t bytes, std::size_t alignment) {
    const std::size_t start = (used_ + alignment - 1) & ~(alignment - 1);
    if (start + bytes <= kInlineBytes) {
      used_ = start + bytes;
      return inline_ + start;
    }
    return take_block(bytes);
  }

  // An array of default-initialised values; null when `count` is 0.
  template <class T>
  T* array(std::size_t count) {
    if (count == 0) return nullptr;
    T* items = static_cast<T*>(take(sizeof(T) * count, alignof(T)));
    for (std::size_t i = 0; i < count; ++i) new (items + i) T();
    return items;
  }

  // A copy of `text`.
  limen_str copy(std::string_view text) {
    if (text.empty()) return {nullptr, 0};
    char* bytes = static_cast<char*>(take(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }

  // With `wipe` nothing is left of the bytes: credentials.
  void clear(bool wipe);

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  void* take_block(std::size_t bytes);

  alignas(std::max_align_t) char inline_[kInlineBytes];
  std::size_t used_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace limen::modules
