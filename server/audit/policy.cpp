#include "audit/policy.h"

#include <algorithm>

namespace limen::audit {

namespace {

using request::Identity;
using request::RequestInfo;

bool holds(const std::vector<std::string>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool path_matches(std::string_view path, std::string_view pattern) {
  if (pattern == path) return true;
  if (!pattern.ends_with('*')) return false;
  pattern.remove_suffix(1);
  return path.starts_with(pattern);
}

bool resource_matches(const RequestInfo& info, std::string_view pattern) {
  if (pattern == "*") return true;
  const std::string_view sub = info.subresource;
  if (sub.empty() && pattern == info.resource) return true;
  const std::size_t slash = pattern.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view resource = pattern.substr(0, slash);
  const std::string_view wanted = pattern.substr(slash + 1);
  // `pods/*` is the pods themselves too, `*/status` only subresources.
  if (wanted == "*") return resource == info.resource;
  return !sub.empty() && wanted == sub && (resource == "*" || resource == info.resource);
}

bool group_matches(const RequestInfo& info, const GroupResources& wanted) {
  if (wanted.group != "*" && wanted.group != info.group) return false;
  if (wanted.resources.empty()) return true;
  if (!wanted.resource_names.empty() && !holds(wanted.resource_names, info.name)) return false;
  return std::any_of(wanted.resources.begin(), wanted.resources.end(),
                     [&](const std::string& pattern) { return resource_matches(info, pattern); });
}

bool user_matches(const Rule& rule, const Identity* user) {
  if (!rule.users.empty() && (user == nullptr || !holds(rule.users, user->name))) return false;
  if (rule.user_groups.empty()) return true;
  return user != nullptr &&
         std::any_of(user->groups.begin(), user->groups.end(),
                     [&](const std::string& group) { return holds(rule.user_groups, group); });
}

bool matches(const Rule& rule, const RequestInfo& info, const Identity* user) {
  if (!user_matches(rule, user)) return false;
  if (!rule.verbs.empty() && !holds(rule.verbs, info.verb)) return false;
  if (!rule.namespaces.empty() || !rule.resources.empty()) {
    if (!info.is_resource) return false;
    if (!rule.namespaces.empty() && !holds(rule.namespaces, info.ns)) return false;
    return rule.resources.empty() ||
           std::any_of(rule.resources.begin(), rule.resources.end(),
                       [&](const GroupResources& wanted) { return group_matches(info, wanted); });
  }
  if (rule.non_resource_urls.empty()) return true;
  return !info.is_resource &&
         std::any_of(rule.non_resource_urls.begin(), rule.non_resource_urls.end(),
                     [&](const std::string& pattern) { return path_matches(info.path, pattern); });
}

}  // namespace

Decision Policy::decide(const RequestInfo& info, const Identity* user) const {
  for (const Rule& rule : rules) {
    if (!matches(rule, info, user)) continue;
    return {rule.level, static_cast<Stages>(omit_stages | rule.omit_stages),
            rule.omit_managed_fields.value_or(omit_managed_fields)};
  }
  return {};
}

}  // namespace limen::audit
