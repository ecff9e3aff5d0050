// Label selectors of webhook configurations (metav1.LabelSelector). Values; any thread.
#pragma once

#include <limen/cpp/node.hpp>
#include <map>
#include <string>
#include <vector>

namespace limen::webhooks {

using Labels = std::map<std::string, std::string, std::less<>>;

// The labels in an object's metadata; of an absent object: none.
Labels labels_of(const Node& object);

class Selector {
 public:
  Selector() = default;  // selects everything
  explicit Selector(const Node& label_selector);

  bool empty() const { return requirements_.empty() && fault_.empty(); }
  // Why the selector cannot be used; empty: it can.
  const std::string& fault() const { return fault_; }
  // All requirements hold. False for a selector that cannot be used.
  bool matches(const Labels& labels) const;

 private:
  struct Requirement {
    enum class Op { in, not_in, exists, does_not_exist } op = Op::in;
    std::string key;
    std::vector<std::string> values;
  };
  static bool holds(const Requirement& one, const Labels& labels);
  void add(const Node& expression);

  std::vector<Requirement> requirements_;
  std::string fault_;
};

}  // namespace limen::webhooks
