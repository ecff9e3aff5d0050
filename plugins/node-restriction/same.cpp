#include "same.h"

#include <algorithm>
#include <vector>

namespace limen::node_restriction {

namespace {

constexpr std::size_t kMostDifferences = 10;

bool is_container(const Node& node) { return node.is_array() || node.is_object(); }

bool is_nothing(const Node& node) {
  return !node || node.is_null() || (is_container(node) && node.size() == 0);
}

bool same_items(const Node& a, const Node& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same(a.item(i), b.item(i))) return false;
  return true;
}

// Calls fn(key, value in a, value in b) for each key of either.
template <class Fn>
void each_member(const Node& a, const Node& b, Fn&& fn) {
  for (const auto& [key, value] : a) fn(key, value, b[key]);
  for (const auto& [key, value] : b)
    if (!a[key]) fn(key, Node(), value);
}

class Comparison {
 public:
  explicit Comparison(std::initializer_list<std::string_view> ignored) : ignored_(ignored) {}

  void compare(const Node& a, const Node& b, const std::string& path) {
    if (std::find(ignored_.begin(), ignored_.end(), path) != ignored_.end()) return;
    if (a.is_object() && b.is_object()) {
      each_member(a, b, [&](std::string_view key, const Node& in_a, const Node& in_b) {
        compare(in_a, in_b, path.empty() ? std::string(key) : path + "." + std::string(key));
      });
    } else if (a.is_object() && is_nothing(b)) {
      for (const auto& [key, value] : a) compare(value, Node(), path + "." + std::string(key));
    } else if (b.is_object() && is_nothing(a)) {
      for (const auto& [key, value] : b) compare(Node(), value, path + "." + std::string(key));
    } else if (!same(a, b)) {
      note(path);
    }
  }
  const std::string& found() const { return found_; }

 private:
  void note(const std::string& path) {
    if (count_ > kMostDifferences) return;
    if (count_ > 0) found_ += ", ";
    found_ += count_ == kMostDifferences ? "..." : path;
    ++count_;
  }

  const std::vector<std::string_view> ignored_;
  std::string found_;
  std::size_t count_ = 0;
};

}  // namespace

bool same(const Node& a, const Node& b) {
  if (is_nothing(a) || is_nothing(b)) return is_nothing(a) && is_nothing(b);
  if (a.is_array() && b.is_array()) return same_items(a, b);
  if (!a.is_object() || !b.is_object()) return a.kind() == b.kind() && a.to_json() == b.to_json();
  bool equal = true;
  each_member(a, b, [&](std::string_view, const Node& in_a, const Node& in_b) {
    equal = equal && same(in_a, in_b);
  });
  return equal;
}

std::string differences(const Node& a, const Node& b,
                        std::initializer_list<std::string_view> ignored) {
  Comparison comparison(ignored);
  comparison.compare(a, b, "");
  return comparison.found();
}

}  // namespace limen::node_restriction
