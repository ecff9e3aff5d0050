// The index of bindings by whom they name, so that a decision costs what concerns the user and not
// what there is.
//
// Kept up to date by change notifications; a reader sees each object whole, before or after its
// change. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules.h"

namespace limen::rbac {

struct Subject {
  std::string kind, name, ns;  // User, Group, ServiceAccount
};

// A ClusterRoleBinding, or with a namespace a RoleBinding.
struct Binding {
  std::string name, ns;
  std::string role_kind, role_name;
  std::vector<Subject> subjects;
};

// `ClusterRoleBinding "x" of ClusterRole "y" to User "z"`, as kube-apiserver words it.
std::string describe(const Binding& binding, const Subject& subject);

class Index {
 public:
  void set_role(const Node& role);  // Role or ClusterRole, by its namespace
  void remove_role(const Node& role);
  void set_binding(const Node& binding);  // RoleBinding or ClusterRoleBinding
  void remove_binding(const Node& binding);

  // What a visited binding gives the user: the subject that names them and the role's rules, or
  // null rules when the role does not exist. Return false to stop.
  using Visit = std::function<bool(const Binding& binding, const Subject& subject,
                                   const std::vector<Rule>* rules)>;
  // Visits the bindings that name the user: those of the cluster first, then those of `ns` unless
  // it is empty. `visit` runs under the index's lock and must not call back.
  void visit(const UserView& user, std::string_view ns, const Visit& visit) const;
  // Visits those of every other namespace, in the order of the namespaces' names. Costs what there
  // is: for explaining only.
  void visit_elsewhere(const UserView& user, std::string_view ns, const Visit& visit) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class Value>
  using Map = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
  using BindingPtr = std::shared_ptr<const Binding>;
  struct Named {
    BindingPtr binding;
    std::size_t subject;  // which of its subjects
  };
  // The bindings of one namespace, or of the cluster. Service accounts stand under their user name.
  struct Scope {
    Map<std::vector<Named>> users, groups;
    Map<BindingPtr> bindings;  // by name
  };

  void forget(Scope& scope, std::string_view name);
  bool visit_scope(const Scope& scope, const UserView& user, const Visit& visit) const;
  bool visit_named(const std::vector<Named>& list, const Visit& visit) const;
  const std::vector<Rule>* rules_of(const Binding& binding) const;
  Scope& scope_of(std::string_view ns);

  mutable std::shared_mutex mutex_;
  Scope cluster_;
  Map<Scope> namespaces_;
  Map<std::vector<Rule>> cluster_roles_;
  Map<Map<std::vector<Rule>>> roles_;  // by namespace, then name
};

}  // namespace limen::rbac
