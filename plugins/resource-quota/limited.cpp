#include "limited.h"

#include <algorithm>
#include <utility>

namespace limen::resource_quota {

Limited::Limited(const Node& config) {
  for (const auto& [index, item] : config["limitedResources"]) {
    Rule rule;
    rule.of = {item["apiGroup"].string_or(""), item["resource"].string_or("")};
    rule.contains = item["matchContains"].strings();
    for (const auto& [key, scope] : item["matchScopes"]) {
      rule.scopes.push_back(quota::read_scope_rule(scope));
    }
    rules_.push_back(std::move(rule));
  }
}

std::set<std::string> Limited::names(const quota::GroupResource& of,
                                     const quota::Amounts& used) const {
  std::set<std::string> out;
  for (const Rule& rule : rules_) {
    if (rule.of != of) continue;
    for (const auto& [name, amount] : used) {
      if (amount.sign() <= 0) continue;
      const bool listed = std::any_of(
          rule.contains.begin(), rule.contains.end(),
          [&](const std::string& part) { return name.find(part) != std::string::npos; });
      if (listed) out.insert(name);
    }
  }
  return out;
}

std::vector<quota::ScopeRule> Limited::scopes(const quota::GroupResource& of,
                                              const Node& object) const {
  std::vector<quota::ScopeRule> out;
  for (const Rule& rule : rules_) {
    for (const quota::ScopeRule& scope : rule.scopes) {
      if (quota::in_scope(of, scope, object)) out.push_back(scope);
    }
  }
  return out;
}

}  // namespace limen::resource_quota
