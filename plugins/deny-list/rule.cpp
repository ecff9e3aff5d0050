#include "rule.h"

#include <algorithm>
#include <array>
#include <set>

#include "cluster_scoped.h"
#include "common/timestamp.h"
#include "common/utf8.h"

namespace limen::deny_list {

namespace {

using Texts = std::vector<std::string>;

constexpr std::size_t kMaxTextBytes = 1024;
constexpr std::string_view kMasters = "system:masters";

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

[[noreturn]] void refuse(std::string_view key, const std::string& what) {
  throw RuleError(std::string(key) + ": " + what);
}

bool has(const Texts& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool has_upper_case(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// ---- reading

// The lists a rule may have, and what its items must look like to match anything.
struct ListKey {
  std::string_view name;
  Texts Rule::*list;
  void (*check)(std::string_view key, const std::string& item);
};

void no_pattern(std::string_view key, const std::string& item) {
  if (item.find('*') != std::string::npos) {
    refuse(key, quoted(item) + " is no pattern: a \"*\" stands alone and means all");
  }
}

void lower_case(std::string_view key, const std::string& item) {
  no_pattern(key, item);
  if (has_upper_case(item)) refuse(key, quoted(item) + " matches nothing: write it in lower case");
}

void check_group(std::string_view key, const std::string& item) {
  no_pattern(key, item);
  if (item == kMasters) {
    refuse(key, "members of " + std::string(kMasters) +
                    " may do everything before any authorizer is asked: they cannot be denied");
  }
}

void check_api_group(std::string_view key, const std::string& item) {
  lower_case(key, item);
  if (item.find('/') != std::string::npos) {
    refuse(key, quoted(item) + " matches nothing: write the group without its version");
  }
}

// "pods", "pods/log", "pods/*", "*/scale", "*/*".
void check_resource(std::string_view key, const std::string& item) {
  const std::string_view text = item;
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return lower_case(key, item);
  const std::string_view parent = text.substr(0, slash);
  const std::string_view child = text.substr(slash + 1);
  if (parent.empty() || child.empty()) refuse(key, quoted(item) + " is not RESOURCE/SUBRESOURCE");
  if (parent != "*") lower_case(key, std::string(parent));
  if (child != "*") no_pattern(key, std::string(child));
}

void check_path(std::string_view key, const std::string& item) {
  if (!item.starts_with('/')) refuse(key, quoted(item) + " does not begin with a slash");
  if (const std::size_t star = item.find('*'); star < item.size() - 1) {
    refuse(key, quoted(item) + " matches nothing: a \"*\" stands at the end only");
  }
}

constexpr std::array kLists = {
    ListKey{"users", &Rule::users, no_pattern},
    ListKey{"groups", &Rule::groups, check_group},
    ListKey{"verbs", &Rule::verbs, lower_case},
    ListKey{"apiGroups", &Rule::api_groups, check_api_group},
    ListKey{"resources", &Rule::resources, check_resource},
    ListKey{"namespaces", &Rule::namespaces, lower_case},
    ListKey{"names", &Rule::names, no_pattern},
    ListKey{"nonResourcePaths", &Rule::paths, check_path},
};

// "" is the core group, and the namespace of what has none.
bool may_be_empty(std::string_view key) { return key == "apiGroups" || key == "namespaces"; }

void check_text(std::string_view key, const std::string& text) {
  if (text.empty() && !may_be_empty(key)) refuse(key, "is empty");
  if (text.size() > kMaxTextBytes) {
    refuse(key, "is longer than " + std::to_string(kMaxTextBytes) + " bytes");
  }
  if (!plugins::is_utf8(text)) refuse(key, "is not UTF-8");
}

void take_list(Rule& rule, const ListKey& key, const Field& field) {
  if (!field.is_list) refuse(key.name, "is not a list");
  if (field.texts.empty()) refuse(key.name, "is an empty list: leave it out to match all");
  for (const std::string& text : field.texts) {
    check_text(key.name, text);
    if (text != "*") key.check(key.name, text);
  }
  rule.*key.list = field.texts;
}

void take_text(Rule& rule, const Field& field) {
  if (field.is_list || field.texts.size() != 1) refuse(field.key, "is not a text");
  const std::string& text = field.texts.front();
  check_text(field.key, text);
  if (field.key == "name") {
    rule.id = text;
  } else if (field.key == "reason") {
    rule.reason = text;
  } else {
    rule.until = plugins::parse_rfc3339(text);
    if (!rule.until) refuse(field.key, "is not a time as 2026-12-31T00:00:00Z (RFC 3339)");
  }
}

bool is_about_resources(const Rule& rule) {
  return !rule.api_groups.empty() || !rule.resources.empty() || !rule.namespaces.empty() ||
         !rule.names.empty();
}

void check_whole(const Rule& rule) {
  if (rule.users.empty() && rule.groups.empty() && rule.verbs.empty() && rule.paths.empty() &&
      !is_about_resources(rule)) {
    std::string keys;
    for (const ListKey& key : kLists) keys += (keys.empty() ? "" : ", ") + std::string(key.name);
    throw RuleError("has nothing to match: give at least one of " + keys);
  }
  // A bare name would stop every list there is, since any of them may hold it.
  if (!rule.names.empty() && rule.resources.empty()) refuse("names", "say of which resources");
}

// ---- matching

bool all_or_has(const Texts& list, std::string_view value) {
  return list.empty() || has(list, "*") || has(list, value);
}

bool is_of_collection(std::string_view verb) {
  return verb == "list" || verb == "watch" || verb == "deletecollection";
}

bool matches_resource(std::string_view item, std::string_view resource,
                      std::string_view subresource) {
  if (item == "*") return true;
  const std::size_t slash = item.find('/');
  if (slash == std::string_view::npos) return subresource.empty() && item == resource;
  const std::string_view parent = item.substr(0, slash);
  const std::string_view child = item.substr(slash + 1);
  return !subresource.empty() && (parent == "*" || parent == resource) &&
         (child == "*" || child == subresource);
}

// What spans all namespaces reaches into those that are named.
bool matches_namespace(const Rule& rule, const Attributes& attributes) {
  if (all_or_has(rule.namespaces, attributes.ns())) return true;
  return attributes.ns().empty() && is_of_collection(attributes.verb()) &&
         !is_cluster_scoped(attributes.api_group(), attributes.resource());
}

// What is about a whole collection reaches the objects that are named.
bool matches_name(const Rule& rule, const Attributes& attributes) {
  if (all_or_has(rule.names, attributes.name())) return true;
  return attributes.name().empty() && is_of_collection(attributes.verb());
}

bool is_about_resource(const Rule& rule, const Attributes& attributes) {
  if (!rule.paths.empty() && !is_about_resources(rule)) return false;
  const bool matches_kind =
      rule.resources.empty() ||
      std::any_of(rule.resources.begin(), rule.resources.end(), [&](const std::string& item) {
        return matches_resource(item, attributes.resource(), attributes.subresource());
      });
  return matches_kind && all_or_has(rule.api_groups, attributes.api_group()) &&
         matches_namespace(rule, attributes) && matches_name(rule, attributes);
}

bool matches_path(std::string_view item, std::string_view path) {
  if (!item.ends_with('*')) return item == path;
  return path.starts_with(item.substr(0, item.size() - 1));
}

bool is_about_path(const Rule& rule, std::string_view path) {
  if (rule.paths.empty()) return !is_about_resources(rule);
  return std::any_of(rule.paths.begin(), rule.paths.end(),
                     [&](const std::string& item) { return matches_path(item, path); });
}

}  // namespace

Rule make_rule(const std::vector<Field>& fields) {
  Rule rule;
  std::set<std::string_view> seen;
  for (const Field& field : fields) {
    if (!seen.insert(field.key).second) refuse(field.key, "is given twice");
    const auto list = std::find_if(kLists.begin(), kLists.end(),
                                   [&](const ListKey& key) { return key.name == field.key; });
    if (list != kLists.end()) {
      take_list(rule, *list, field);
    } else if (field.key == "name" || field.key == "reason" || field.key == "until") {
      take_text(rule, field);
    } else {
      throw RuleError("unknown key " + quoted(field.key));
    }
  }
  check_whole(rule);
  return rule;
}

bool is_about(const Rule& rule, const Attributes& attributes) {
  if (!all_or_has(rule.verbs, attributes.verb())) return false;
  return attributes.is_resource() ? is_about_resource(rule, attributes)
                                  : is_about_path(rule, attributes.path());
}

std::string refusal_of(const Rule& rule) {
  const std::string text = "Denied by rule " + quoted(rule.id);
  return rule.reason.empty() ? text : text + ": " + rule.reason;
}

}  // namespace limen::deny_list
