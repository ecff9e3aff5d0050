// RuleSet: rules indexed by whom they name, so that a decision costs what concerns the caller.
//
// Immutable once made; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rule.h"

namespace limen::deny_list {

class RuleSet {
 public:
  RuleSet() = default;
  // Throws RuleError when two rules bear one name.
  explicit RuleSet(std::vector<Rule> rules);

  // The first rule that denies this at `now`; null: none. Borrowed from the set.
  const Rule* match(const Attributes& attributes, std::int64_t now) const;
  // Whether a rule in force at `now` names the user, whatever it is about.
  bool concerns(const UserView& user, std::int64_t now) const;

  std::size_t size() const { return rules_.size(); }
  std::size_t ended(std::int64_t now) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Numbers = std::vector<std::uint32_t>;  // of rules; ascending
  using Index = std::unordered_map<std::string, Numbers, Hash, std::equal_to<>>;

  // Calls each(Numbers) for those that name everybody, the user and each of the user's groups.
  template <class Each>
  void each_list(const UserView& user, Each each) const;

  std::vector<Rule> rules_;
  Index users_, groups_;
  Numbers everybody_;
};

}  // namespace limen::deny_list
