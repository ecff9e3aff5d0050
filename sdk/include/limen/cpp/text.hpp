// Text at the border: std::string_view on this side, limen_str on the other.
//
// Borrowed both ways; nothing here copies except where it returns std::string. Any thread.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>
#include <vector>

#include "limen/abi.h"

namespace limen {

inline limen_str to_abi(std::string_view text) noexcept { return {text.data(), text.size()}; }

inline std::string_view to_view(limen_str text) noexcept {
  return text.ptr == nullptr ? std::string_view{} : std::string_view{text.ptr, text.len};
}

// A borrowed list of texts, for range-for.
class TextList {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::string_view*;
    using reference = std::string_view;
    Iterator() = default;
    explicit Iterator(const limen_str* at) : at_(at) {}
    std::string_view operator*() const { return to_view(*at_); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(at_++); }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }
    friend bool operator!=(const Iterator& a, const Iterator& b) { return a.at_ != b.at_; }

   private:
    const limen_str* at_ = nullptr;
  };

  TextList() = default;
  TextList(const limen_str* items, std::size_t count) : items_(items), count_(count) {}
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::string_view operator[](std::size_t index) const { return to_view(items_[index]); }
  Iterator begin() const { return Iterator(items_); }
  Iterator end() const { return Iterator(items_ + count_); }
  bool contains(std::string_view text) const {
    for (std::string_view item : *this)
      if (item == text) return true;
    return false;
  }

 private:
  const limen_str* items_ = nullptr;
  std::size_t count_ = 0;
};

namespace detail {
// The limen_str array a function of the host wants; views into `texts`.
template <class Texts>
std::vector<limen_str> to_abi_list(const Texts& texts) {
  std::vector<limen_str> list;
  list.reserve(static_cast<std::size_t>(texts.size()));
  for (const auto& text : texts) list.push_back(to_abi(text));
  return list;
}
}  // namespace detail

}  // namespace limen
