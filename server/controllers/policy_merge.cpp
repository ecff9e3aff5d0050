// How a stored role or binding is brought up to the default policy; see policy.h.

#include <algorithm>
#include <string>
#include <vector>

#include "controllers/policy.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

using object::Json;

constexpr std::string_view kAutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

// The texts of a list member; none when it is missing or no list.
std::vector<std::string_view> texts(const Json& rule, std::string_view key) {
  std::vector<std::string_view> list;
  const Json* const member = object::member(rule, key);
  if (!member || !member->is_array()) return list;
  for (const Json& item : member->get_array()) {
    if (item.is_string()) list.emplace_back(item.get_string());
  }
  return list;
}

bool holds(const std::vector<std::string_view>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// `resource` may be "pods/log"; "*" stands for all, "*/log" for this subresource of all.
bool resource_covered(const std::vector<std::string_view>& list, std::string_view resource) {
  if (holds(list, "*") || holds(list, resource)) return true;
  const std::size_t slash = resource.find('/');
  if (slash == std::string_view::npos) return false;
  return holds(list, "*" + std::string(resource.substr(slash)));
}

bool url_covered(const std::vector<std::string_view>& list, std::string_view url) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view one) {
    return one == "*" || one == url ||
           (one.ends_with('*') && url.starts_with(one.substr(0, one.size() - 1)));
  });
}

bool verb_covered(const Json& rule, std::string_view verb) {
  const auto verbs = texts(rule, "verbs");
  return holds(verbs, "*") || holds(verbs, verb);
}

// One single permission: `name` empty means all names.
bool resource_permission_covered(const boost::json::array& rules, std::string_view verb,
                                 std::string_view group, std::string_view resource,
                                 std::string_view name) {
  return std::any_of(rules.begin(), rules.end(), [&](const Json& rule) {
    const auto groups = texts(rule, "apiGroups");
    const auto names = texts(rule, "resourceNames");
    return verb_covered(rule, verb) && (holds(groups, "*") || holds(groups, group)) &&
           resource_covered(texts(rule, "resources"), resource) &&
           (names.empty() || (!name.empty() && holds(names, name)));
  });
}

bool url_permission_covered(const boost::json::array& rules, std::string_view verb,
                            std::string_view url) {
  return std::any_of(rules.begin(), rules.end(), [&](const Json& rule) {
    return verb_covered(rule, verb) && url_covered(texts(rule, "nonResourceURLs"), url);
  });
}

// Adds the members of `wanted` that `stored` has not; what is there stays.
bool add_members(Json& stored, const Json& wanted, std::string_view map) {
  const Json* const source = object::find(wanted, {"metadata", map});
  if (!source || !source->is_object()) return false;
  Json& target = object::metadata(stored)[map];
  if (!target.is_object()) target.emplace_object();
  bool changed = false;
  for (const auto& member : source->get_object()) {
    changed |= target.get_object().emplace(member.key(), member.value()).second;
  }
  return changed;
}

// Adds the items of a list that are not there.
bool add_items(Json& list, const Json& wanted) {
  if (!wanted.is_array()) return false;
  if (!list.is_array()) list.emplace_array();
  bool changed = false;
  for (const Json& item : wanted.get_array()) {
    const auto& there = list.get_array();
    if (std::find(there.begin(), there.end(), item) != there.end()) continue;
    list.get_array().push_back(item);
    changed = true;
  }
  return changed;
}

bool add_rules(Json& stored, const Json& wanted) {
  const Json* const source = object::member(wanted, "rules");
  if (!source || !source->is_array()) return false;
  Json& rules = stored.get_object()["rules"];
  if (!rules.is_array()) rules.emplace_array();
  bool changed = false;
  for (const Json& rule : source->get_array()) {
    if (covers(rules.get_array(), rule)) continue;
    rules.get_array().push_back(rule);
    changed = true;
  }
  return changed;
}

bool add_selectors(Json& stored, const Json& wanted) {
  const Json* const source = object::find(wanted, {"aggregationRule", "clusterRoleSelectors"});
  if (!source) return false;
  boost::json::object& rule = object::object_at(stored, "aggregationRule");
  return add_items(rule["clusterRoleSelectors"], *source);
}

}  // namespace

bool covers(const boost::json::array& rules, const Json& rule) {
  std::vector<std::string_view> names = texts(rule, "resourceNames");
  if (names.empty()) names.emplace_back();
  for (const std::string_view verb : texts(rule, "verbs")) {
    for (const std::string_view url : texts(rule, "nonResourceURLs")) {
      if (!url_permission_covered(rules, verb, url)) return false;
    }
    for (const std::string_view group : texts(rule, "apiGroups")) {
      for (const std::string_view resource : texts(rule, "resources")) {
        for (const std::string_view name : names) {
          if (!resource_permission_covered(rules, verb, group, resource, name)) return false;
        }
      }
    }
  }
  return true;
}

bool refers_elsewhere(const Json& stored, const Json& wanted) {
  const Json* const role = object::member(wanted, "roleRef");
  if (!role) return false;
  const Json* const there = object::member(stored, "roleRef");
  return !there || *there != *role;
}

bool opted_out(const Json& stored) {
  const Json* const opted = object::find(stored, {"metadata", "annotations", kAutoUpdate});
  return opted && opted->is_string() && opted->get_string() == "false";
}

bool reconcile_policy(Json& stored, const Json& wanted) {
  bool changed = add_members(stored, wanted, "labels");
  changed |= add_members(stored, wanted, "annotations");
  // The rules of a role that collects others' are somebody else's work.
  if (object::member(wanted, "aggregationRule")) {
    changed |= add_selectors(stored, wanted);
  } else {
    changed |= add_rules(stored, wanted);
  }
  if (const Json* const subjects = object::member(wanted, "subjects")) {
    changed |= add_items(stored.get_object()["subjects"], *subjects);
  }
  return changed;
}

}  // namespace limen::controllers
