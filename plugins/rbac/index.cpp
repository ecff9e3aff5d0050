#include "index.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "common/go_quote.h"

namespace limen::rbac {

namespace {

std::string name_of(const Node& object) { return object.at("/metadata/name").string_or(""); }
std::string ns_of(const Node& object) { return object.at("/metadata/namespace").string_or(""); }

Binding read_binding(const Node& node) {
  Binding binding{name_of(node),
                  ns_of(node),
                  node.at("/roleRef/kind").string_or(""),
                  node.at("/roleRef/name").string_or(""),
                  {}};
  for (const auto& [key, subject] : node["subjects"]) {
    binding.subjects.push_back({subject["kind"].string_or(""), subject["name"].string_or(""),
                                subject["namespace"].string_or("")});
  }
  return binding;
}

// The user name a service account authenticates with. A RoleBinding's subject without a namespace
// means the binding's own.
std::string account_user(const Subject& subject, const Binding& binding) {
  const std::string& ns = subject.ns.empty() ? binding.ns : subject.ns;
  if (ns.empty()) return {};
  return "system:serviceaccount:" + ns + ":" + subject.name;
}

}  // namespace

std::string describe(const Binding& binding, const Subject& subject) {
  using plugins::go_quote;
  std::string text = binding.ns.empty()
                         ? "ClusterRoleBinding " + go_quote(binding.name)
                         : "RoleBinding " + go_quote(binding.name + "/" + binding.ns);
  text += " of " + binding.role_kind + " " + go_quote(binding.role_name) + " to " + subject.kind;
  if (subject.kind == "ServiceAccount") {
    const std::string& ns = subject.ns.empty() ? binding.ns : subject.ns;
    return text + " " + go_quote(subject.name + "/" + ns);
  }
  return text + " " + go_quote(subject.name);
}

void Index::set_role(const Node& role) {
  std::vector<Rule> rules = read_rules(role);
  const std::string name = name_of(role);
  const std::string ns = ns_of(role);
  const std::unique_lock lock(mutex_);
  (ns.empty() ? cluster_roles_ : roles_[ns])[name] = std::move(rules);
}

void Index::remove_role(const Node& role) {
  const std::string name = name_of(role);
  const std::string ns = ns_of(role);
  const std::unique_lock lock(mutex_);
  if (ns.empty()) {
    cluster_roles_.erase(name);
    return;
  }
  const auto found = roles_.find(ns);
  if (found == roles_.end()) return;
  found->second.erase(name);
  if (found->second.empty()) roles_.erase(found);
}

Index::Scope& Index::scope_of(std::string_view ns) {
  return ns.empty() ? cluster_ : namespaces_[std::string(ns)];
}

void Index::set_binding(const Node& node) {
  const auto binding = std::make_shared<const Binding>(read_binding(node));
  const std::unique_lock lock(mutex_);
  Scope& scope = scope_of(binding->ns);
  forget(scope, binding->name);
  scope.bindings[binding->name] = binding;
  for (std::size_t i = 0; i < binding->subjects.size(); ++i) {
    const Subject& subject = binding->subjects[i];
    if (subject.kind == "User") {
      scope.users[subject.name].push_back({binding, i});
    } else if (subject.kind == "Group") {
      scope.groups[subject.name].push_back({binding, i});
    } else if (subject.kind == "ServiceAccount") {
      const std::string user = account_user(subject, *binding);
      if (!user.empty()) scope.users[user].push_back({binding, i});
    }
  }
}

void Index::remove_binding(const Node& node) {
  const std::string name = name_of(node);
  const std::string ns = ns_of(node);
  const std::unique_lock lock(mutex_);
  Scope& scope = scope_of(ns);
  forget(scope, name);
  if (!ns.empty() && scope.bindings.empty()) namespaces_.erase(ns);
}

void Index::forget(Scope& scope, std::string_view name) {
  const auto found = scope.bindings.find(name);
  if (found == scope.bindings.end()) return;
  const BindingPtr old = found->second;
  scope.bindings.erase(found);
  const auto drop = [&](Map<std::vector<Named>>& index, const std::string& key) {
    const auto entry = index.find(key);
    if (entry == index.end()) return;
    std::erase_if(entry->second, [&](const Named& named) { return named.binding == old; });
    if (entry->second.empty()) index.erase(entry);
  };
  for (const Subject& subject : old->subjects) {
    drop(subject.kind == "Group" ? scope.groups : scope.users,
         subject.kind == "ServiceAccount" ? account_user(subject, *old) : subject.name);
  }
}

const std::vector<Rule>* Index::rules_of(const Binding& binding) const {
  if (binding.role_kind == "ClusterRole") {
    const auto found = cluster_roles_.find(binding.role_name);
    return found == cluster_roles_.end() ? nullptr : &found->second;
  }
  if (binding.role_kind != "Role") return nullptr;
  const auto roles = roles_.find(binding.ns);
  if (roles == roles_.end()) return nullptr;
  const auto found = roles->second.find(binding.role_name);
  return found == roles->second.end() ? nullptr : &found->second;
}

bool Index::visit_named(const std::vector<Named>& list, const Visit& visit) const {
  return std::all_of(list.begin(), list.end(), [&](const Named& named) {
    return visit(*named.binding, named.binding->subjects[named.subject], rules_of(*named.binding));
  });
}

bool Index::visit_scope(const Scope& scope, const UserView& user, const Visit& visit) const {
  const auto by_name = scope.users.find(user.name());
  if (by_name != scope.users.end() && !visit_named(by_name->second, visit)) return false;
  for (const std::string_view group : user.groups()) {
    const auto by_group = scope.groups.find(group);
    if (by_group != scope.groups.end() && !visit_named(by_group->second, visit)) return false;
  }
  return true;
}

void Index::visit_elsewhere(const UserView& user, std::string_view ns, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  // Only those with something to visit are put in order.
  std::vector<std::pair<std::string_view, const Scope*>> scopes;
  const auto take = [](const Binding&, const Subject&, const std::vector<Rule>*) { return false; };
  for (const auto& [name, scope] : namespaces_) {
    if (name != ns && !visit_scope(scope, user, take)) scopes.emplace_back(name, &scope);
  }
  std::sort(scopes.begin(), scopes.end());
  for (const auto& [name, scope] : scopes) {
    if (!visit_scope(*scope, user, visit)) return;
  }
}

void Index::visit(const UserView& user, std::string_view ns, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  if (!visit_scope(cluster_, user, visit) || ns.empty()) return;
  const auto scope = namespaces_.find(ns);
  if (scope != namespaces_.end()) visit_scope(scope->second, user, visit);
}

}  // namespace limen::rbac
