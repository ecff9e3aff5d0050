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

bool matches_any_url(const Rule& rule, std::string_view path) {
  return std::any_of(rule.non_resource_urls.begin(), rule.non_resource_urls.end(),
                     [&](const std::string& url) { return matches_url(url, path); });
}

bool matches_any_resource(const Rule& rule, const Attributes& attributes) {
  return std::any_of(rule.resources.begin(), rule.resources.end(), [&](const std::string& item) {
    return matches_resource(item, attributes.resource(), attributes.subresource());
  });
}

bool matches_name(const Rule& rule, std::string_view name) {
  return rule.resource_names.empty() || contains(rule.resource_names, name);
}

// `"get", "list"`; of a long list the beginning.
std::string enumerate(const std::vector<std::string>& list) {
  constexpr std::size_t kMost = 8;
  std::string text;
  for (std::size_t i = 0; i < list.size() && i < kMost; ++i) {
    text += (i == 0 ? "\"" : ", \"") + list[i] + '"';
  }
  return list.size() > kMost ? text + ", ..." : text;
}

// Which part of a resource a rule is about when it is not the part that was asked for.
std::string part_shortfall(const Rule& rule, const Attributes& attributes) {
  const std::string_view resource = attributes.resource();
  const std::string_view subresource = attributes.subresource();
  if (!subresource.empty() && contains(rule.resources, resource)) {
    return "has the resource but not its subresource \"" + std::string(subresource) + '"';
  }
  for (const std::string& item : rule.resources) {
    const std::size_t slash = item.find('/');
    if (slash == std::string::npos || item.substr(0, slash) != resource) continue;
    return "has \"" + item + "\" but not the " +
           (subresource.empty() ? "resource itself" : "subresource asked for");
  }
  return {};
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
  if (!attributes.is_resource()) return matches_any_url(rule, attributes.path());
  return contains_or_all(rule.api_groups, attributes.api_group()) &&
         matches_name(rule, attributes.name()) && matches_any_resource(rule, attributes);
}

std::string shortfall(const Rule& rule, const Attributes& attributes) {
  const bool verb = contains_or_all(rule.verbs, attributes.verb());
  if (!attributes.is_resource()) {
    if (verb || !matches_any_url(rule, attributes.path())) return {};
    return "has the path but not the verb: only " + enumerate(rule.verbs);
  }
  std::vector<std::string> lacks;
  if (!matches_any_resource(rule, attributes)) {
    lacks.push_back(part_shortfall(rule, attributes));
    if (lacks.front().empty()) return {};
  }
  if (!verb) {
    lacks.push_back("has the resource but not the verb: only " + enumerate(rule.verbs));
  }
  if (!contains_or_all(rule.api_groups, attributes.api_group())) {
    lacks.push_back("is for another API group: " + enumerate(rule.api_groups));
  }
  if (!matches_name(rule, attributes.name())) {
    lacks.push_back("is for other names: only " + enumerate(rule.resource_names));
  }
  return lacks.size() == 1 ? lacks.front() : std::string();
}

}  // namespace limen::rbac
