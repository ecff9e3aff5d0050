#include "rules.h"

#include <algorithm>

namespace limen::rbac {

namespace {

bool contains(const std::vector<std::string>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool contains_or_all(const std::vector<std::string>& list, std::string_view value) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& item) { return item == "*" || item == value; });
}

// "pods", "pods/log", "*", or "*/log" for a subresource of anything.
bool matches_resource(const std::string& rule, std::string_view resource,
                      std::string_view subresource) {
  if (rule == "*") return true;
  if (subresource.empty()) return rule == resource;
  const std::string_view text = rule;
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.substr(slash + 1) != subresource) return false;
  const std::string_view parent = text.substr(0, slash);
  return parent == "*" || parent == resource;
}

bool matches_url(std::string_view rule, std::string_view path) {
  if (rule == "*" || rule == path) return true;
  if (!rule.ends_with('*')) return false;
  while (rule.ends_with('*')) rule.remove_suffix(1);
  return path.starts_with(rule);
}

}  // namespace

std::vector<Rule> read_rules(const Node& role) {
  std::vector<Rule> rules;
  for (const auto& [key, node] : role["rules"]) {
    rules.push_back({node["verbs"].strings(), node["apiGroups"].strings(),
                     node["resources"].strings(), node["resourceNames"].strings(),
                     node["nonResourceURLs"].strings()});
  }
  return rules;
}

bool allows(const Rule& rule, const Attributes& attributes) {
  if (!contains_or_all(rule.verbs, attributes.verb())) return false;
  if (!attributes.is_resource()) {
    return std::any_of(rule.non_resource_urls.begin(), rule.non_resource_urls.end(),
                       [&](const std::string& url) { return matches_url(url, attributes.path()); });
  }
  if (!contains_or_all(rule.api_groups, attributes.api_group())) return false;
  if (!rule.resource_names.empty() && !contains(rule.resource_names, attributes.name()))
    return false;
  return std::any_of(rule.resources.begin(), rule.resources.end(), [&](const std::string& item) {
    return matches_resource(item, attributes.resource(), attributes.subresource());
  });
}

}  // namespace limen::rbac
