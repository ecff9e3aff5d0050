#include "rule_set.h"

#include <algorithm>
#include <set>
#include <utility>

namespace limen::deny_list {

namespace {

bool names_everybody(const Rule& rule) {
  const auto has_star = [](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), "*") != list.end();
  };
  return (rule.users.empty() && rule.groups.empty()) || has_star(rule.users) ||
         has_star(rule.groups);
}

void check_ids(const std::vector<Rule>& rules) {
  std::set<std::string_view> ids;
  for (const Rule& rule : rules) {
    if (ids.insert(rule.id).second) continue;
    throw RuleError(rule.where + ": there is a rule \"" + rule.id + "\" before this one");
  }
}

}  // namespace

RuleSet::RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {
  check_ids(rules_);
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    if (names_everybody(rule)) {
      everybody_.push_back(i);
      continue;
    }
    for (const std::string& user : rule.users) users_[user].push_back(i);
    for (const std::string& group : rule.groups) groups_[group].push_back(i);
  }
}

template <class Each>
void RuleSet::each_list(const UserView& user, Each each) const {
  each(everybody_);
  if (const auto found = users_.find(user.name()); found != users_.end()) each(found->second);
  if (groups_.empty()) return;
  for (const std::string_view group : user.groups()) {
    if (const auto found = groups_.find(group); found != groups_.end()) each(found->second);
  }
}

const Rule* RuleSet::match(const Attributes& attributes, std::int64_t now) const {
  std::size_t first = rules_.size();
  each_list(attributes.user(), [&](const Numbers& numbers) {
    for (const std::uint32_t number : numbers) {
      if (number >= first) return;
      const Rule& rule = rules_[number];
      if (!is_in_force(rule, now) || !is_about(rule, attributes)) continue;
      first = number;
      return;
    }
  });
  return first == rules_.size() ? nullptr : &rules_[first];
}

bool RuleSet::concerns(const UserView& user, std::int64_t now) const {
  bool found = false;
  each_list(user, [&](const Numbers& numbers) {
    found = found || std::any_of(numbers.begin(), numbers.end(), [&](std::uint32_t number) {
              return is_in_force(rules_[number], now);
            });
  });
  return found;
}

std::size_t RuleSet::ended(std::int64_t now) const {
  return static_cast<std::size_t>(std::count_if(
      rules_.begin(), rules_.end(), [&](const Rule& rule) { return !is_in_force(rule, now); }));
}

}  // namespace limen::deny_list
