// Keys: which keys of etcd are the store's.
#pragma once

#include <string>
#include <string_view>

namespace limen_etcd {

// What advance() writes to; never the store's, whatever the prefix.
inline constexpr std::string_view kOwnKey = "limen.etcd/advance";

class Keys {
 public:
  // `prefix` without a slash at its end; empty: all keys.
  explicit Keys(const std::string& prefix) : begin_(prefix.empty() ? prefix : prefix + "/") {}

  bool ours(std::string_view key) const { return key.starts_with(begin_) && key != kOwnKey; }
  // The bounds for a Range; the end is not in it.
  std::string begin() const { return begin_.empty() ? std::string(1, '\0') : begin_; }
  std::string end() const {
    if (begin_.empty()) return std::string(1, '\0');  // without an end
    std::string after = begin_;
    ++after.back();
    return after;
  }

 private:
  std::string begin_;
};

}  // namespace limen_etcd
