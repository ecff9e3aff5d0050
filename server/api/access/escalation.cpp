#include "api/access/escalation.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/rule_cover.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/lifecycle.h"

namespace limen::api::access {

namespace {

using authz::PolicyRule;
using base::ApiError;
using object::Json;

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

bool is_role(std::string_view resource) {
  return resource == "roles" || resource == "clusterroles";
}

std::vector<std::string> texts_at(const Json& value, std::string_view key) {
  return object::texts_of(object::member(value, key));
}

std::vector<PolicyRule> rules_of(const Json& role) {
  std::vector<PolicyRule> rules;
  const Json* const list = object::member(role, "rules");
  if (list == nullptr || !list->is_array()) return rules;
  for (const Json& rule : list->get_array()) {
    rules.push_back({texts_at(rule, "verbs"), texts_at(rule, "apiGroups"),
                     texts_at(rule, "resources"), texts_at(rule, "resourceNames"),
                     texts_at(rule, "nonResourceURLs")});
  }
  return rules;
}

// True when the update changes only what the end of an object's life needs.
bool only_lets_go(const Json& object, const Json& old) {
  Json copy = object::mutable_copy(object);
  const Json* const before = object::metadata_of(old);
  for (const std::string_view key : {"ownerReferences", "finalizers", "managedFields"}) {
    boost::json::object& metadata = object::metadata(copy);
    metadata.erase(key);
    const Json* const kept = before == nullptr ? nullptr : object::member(*before, key);
    if (kept != nullptr) metadata[key] = *kept;
  }
  return registry::same_content(copy, old);
}

base::Task<bool> may(Call& call, std::string_view verb, std::string_view group,
                     std::string_view resource, std::string_view name) {
  authz::Attributes attributes;
  attributes.user = &call.context.user;
  attributes.verb = verb;
  attributes.is_resource = true;
  attributes.group = group;
  attributes.version = "*";
  attributes.resource = resource;
  attributes.ns = call.ns();
  attributes.name = name;
  const authz::Outcome outcome =
      co_await call.chains.authz.authorize(attributes, call.context.scope);
  co_return outcome.allowed;
}

ApiError forbidden(const Call& call, const Json& object, std::string_view why) {
  return ApiError::forbidden(kGroup, call.resource.name, object::name(object), why);
}

// Empty when the user holds all of `wanted` where the request is; otherwise what a refusal says.
base::Task<std::string> not_held(Call& call, const std::vector<PolicyRule>& wanted) {
  const request::Identity& user = call.context.user;
  const authz::Rules held =
      co_await call.chains.authz.rules_for(user, std::string(call.ns()), call.context.scope);
  const std::vector<PolicyRule> missing = authz::missing_rules(held, wanted);
  if (missing.empty()) co_return std::string();
  std::string text = "user " + base::go_quote(user.name) +
                     " (groups=" + authz::go_quote_list(user.groups) +
                     ") is attempting to grant RBAC permissions not currently held:\n" +
                     authz::describe_rules(missing);
  if (!held.error.empty()) text += "; resolution errors: [" + held.error + "]";
  co_return text;
}

base::Task<void> check_role(Call& call, const Json& object, const Json* old) {
  if (co_await may(call, "escalate", call.resource.group, call.resource.name, call.info().name)) {
    co_return;
  }
  const std::string missing = co_await not_held(call, rules_of(object));
  if (!missing.empty()) throw forbidden(call, object, missing);
  const auto aggregates = [](const Json& role) {
    const Json* const rule = object::member(role, "aggregationRule");
    return rule != nullptr && !rule->is_null();
  };
  // Such a role gathers whatever comes to match, so its writer must hold everything.
  if (!aggregates(object) && (old == nullptr || !aggregates(*old))) co_return;
  const std::string short_of_all = co_await not_held(call, authz::full_authority());
  if (!short_of_all.empty()) {
    throw forbidden(call, object, "must have cluster-admin privileges to use the aggregationRule");
  }
}

base::Task<void> check_binding(Call& call, const Json& object) {
  const Json* const reference = object::member(object, "roleRef");
  if (reference == nullptr) co_return;  // validation says what is missing
  const std::string name(object::text_at(*reference, "name"));
  const bool of_cluster = object::text_at(*reference, "kind") == "ClusterRole";
  const std::string_view resource = of_cluster ? "clusterroles" : "roles";
  if (co_await may(call, "bind", object::text_at(*reference, "apiGroup"), resource, name)) {
    co_return;
  }
  const storage::ObjectPtr role = call.store.get({{std::string(kGroup), std::string(resource)},
                                                  of_cluster ? "" : std::string(call.ns()),
                                                  name});
  if (!role) throw ApiError::not_found(kGroup, resource, name);
  const object::Document document = object::Document::parse(role->json);
  const std::string missing = co_await not_held(call, rules_of(document.root()));
  if (!missing.empty()) throw forbidden(call, object, missing);
}

}  // namespace

bool grants_rights(const catalog::Resource& resource) {
  return resource.group == kGroup && (is_role(resource.name) || resource.name == "rolebindings" ||
                                      resource.name == "clusterrolebindings");
}

base::Task<void> refuse_escalation(Call& call, const Json& object, const Json* old) {
  if (call.context.user.in_group(request::kMastersGroup)) co_return;
  if (old != nullptr && only_lets_go(object, *old)) co_return;
  if (is_role(call.resource.name)) {
    co_await check_role(call, object, old);
  } else {
    co_await check_binding(call, object);
  }
}

}  // namespace limen::api::access
