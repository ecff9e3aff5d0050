#include "fairness/flow_schema.h"

#include <algorithm>

#include "object/metadata.h"
#include "validation/causes.h"

namespace limen::fairness {

namespace {

using object::Json;
using object::member;
using object::text_at;
using validation::elements;

NameList names_at(const Json& json, std::string_view key) {
  return NameList(object::texts_of(member(json, key)));
}

// `resource` or `resource/subresource`, without putting them together.
bool names_resource(std::string_view name, const request::RequestInfo& info) {
  if (info.subresource.empty()) return name == info.resource;
  const std::size_t length = info.resource.size();
  return name.size() == length + 1 + info.subresource.size() && name[length] == '/' &&
         name.starts_with(info.resource) && name.ends_with(info.subresource);
}

}  // namespace

bool FlowSchema::ResourceRule::matches(const request::RequestInfo& info) const {
  if (!verbs.contains(info.verb)) return false;
  if (!resources.all()) {
    const auto& all = resources.names();
    const bool named = std::any_of(all.begin(), all.end(), [&](const std::string& name) {
      return names_resource(name, info);
    });
    if (!named) return false;
  }
  if (!groups.contains(info.group)) return false;
  return info.ns.empty() ? cluster_scope : namespaces.contains(info.ns);
}

bool FlowSchema::PathRule::matches(const request::RequestInfo& info) const {
  if (!verbs.contains(info.verb)) return false;
  const std::string& path = info.path;
  return all || std::find(exact.begin(), exact.end(), path) != exact.end() ||
         std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return path.starts_with(prefix); });
}

// The user name of a service account is system:serviceaccount:NAMESPACE:NAME.
bool FlowSchema::Account::matches(std::string_view user) const {
  constexpr std::string_view kPrefix = "system:serviceaccount:";
  if (!user.starts_with(kPrefix)) return false;
  user.remove_prefix(kPrefix.size());
  if (!user.starts_with(ns)) return false;
  user.remove_prefix(ns.size());
  if (user.empty() || user.front() != ':') return false;
  return name == "*" || user.substr(1) == name;
}

bool FlowSchema::Rule::has_subject(const request::Identity& user) const {
  if (everybody) return true;
  for (const std::string& group : groups)
    if (user.in_group(group)) return true;
  for (const std::string& name : users)
    if (user.name == name) return true;
  return std::any_of(accounts.begin(), accounts.end(),
                     [&](const Account& account) { return account.matches(user.name); });
}

FlowSchema::FlowSchema(const Json& object)
    : name_(object::name(object)), uid_(object::uid(object)) {
  const Json* const spec = member(object, "spec");
  if (!spec) return;
  precedence_ = object::int_or(member(*spec, "matchingPrecedence"), 0);
  if (const Json* level = object::find(*spec, {"priorityLevelConfiguration", "name"})) {
    level_ = validation::text(level);
  }
  const std::string_view type =
      validation::text(object::find(*spec, {"distinguisherMethod", "type"}));
  if (type == "ByUser") distinguisher_ = Distinguisher::by_user;
  if (type == "ByNamespace") distinguisher_ = Distinguisher::by_namespace;
  for (const Json& rule : elements(member(*spec, "rules"))) rules_.push_back(read_rule(rule));
}

FlowSchema::Rule FlowSchema::read_rule(const Json& json) {
  Rule rule;
  for (const Json& one : elements(member(json, "subjects"))) read_subject(one, rule);
  for (const Json& one : elements(member(json, "resourceRules"))) {
    rule.resource_rules.push_back(read_resource_rule(one));
  }
  for (const Json& one : elements(member(json, "nonResourceRules"))) {
    rule.path_rules.push_back(read_path_rule(one));
  }
  return rule;
}

void FlowSchema::read_subject(const Json& json, Rule& rule) {
  const std::string_view kind = text_at(json, "kind");
  const bool account = kind == "ServiceAccount";
  const Json* const who =
      member(json, account ? "serviceAccount" : (kind == "User" ? "user" : "group"));
  if (!who || !who->is_object()) return;
  std::string name(text_at(*who, "name"));
  if (account) {
    rule.accounts.push_back({std::string(text_at(*who, "namespace")), std::move(name)});
  } else if (name == "*" && (kind == "User" || kind == "Group")) {
    rule.everybody = true;
  } else if (kind == "User") {
    rule.users.push_back(std::move(name));
  } else if (kind == "Group") {
    rule.groups.push_back(std::move(name));
  }
}

FlowSchema::ResourceRule FlowSchema::read_resource_rule(const Json& json) {
  ResourceRule rule;
  rule.verbs = names_at(json, "verbs");
  rule.groups = names_at(json, "apiGroups");
  rule.resources = names_at(json, "resources");
  rule.namespaces = names_at(json, "namespaces");
  rule.cluster_scope = validation::is_true(member(json, "clusterScope"));
  return rule;
}

// A path stands for itself and for what lies below it, with or without the star at its end.
FlowSchema::PathRule FlowSchema::read_path_rule(const Json& json) {
  PathRule rule;
  rule.verbs = names_at(json, "verbs");
  for (std::string& path : object::texts_of(member(json, "nonResourceURLs"))) {
    rule.all = rule.all || path == "*";
    rule.exact.push_back(path);
    if (path.ends_with('*')) path.pop_back();
    if (!path.ends_with('/')) path += '/';
    rule.prefixes.push_back(std::move(path));
  }
  return rule;
}

bool FlowSchema::matches(const Digest& digest) const {
  for (const Rule& rule : rules_) {
    if (!rule.has_subject(digest.user)) continue;
    if (digest.info.is_resource) {
      for (const ResourceRule& one : rule.resource_rules)
        if (one.matches(digest.info)) return true;
    } else {
      for (const PathRule& one : rule.path_rules)
        if (one.matches(digest.info)) return true;
    }
  }
  return false;
}

std::string_view FlowSchema::distinguisher(const Digest& digest) const {
  switch (distinguisher_) {
    case Distinguisher::by_user:
      return digest.user.name;
    case Distinguisher::by_namespace:
      return digest.info.ns;
    case Distinguisher::none:
      break;
  }
  return {};
}

}  // namespace limen::fairness
