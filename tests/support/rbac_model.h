// RBAC as rows Z7 and Z8's reader would check it with a pencil: every binding is walked for every
// question, nothing is indexed, nothing is shared with the module. What the module decides is held
// against it. Also makes the objects. Thread-confined.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limen/testkit/instance.hpp"

namespace limen::test {

using testkit::Action;
using testkit::Json;

inline constexpr const char* kRbacGroup = "rbac.authorization.k8s.io";

// A Role, or without a namespace a ClusterRole; `rules` is JSON.
inline Json make_role(const std::string& name, const std::string& ns, const std::string& rules) {
  Json object{{"apiVersion", "rbac.authorization.k8s.io/v1"},
              {"kind", ns.empty() ? "ClusterRole" : "Role"},
              {"metadata", {{"name", name}}},
              {"rules", boost::json::parse(rules)}};
  if (!ns.empty()) object.at("metadata").as_object()["namespace"] = ns;
  return object;
}

// A RoleBinding, or without a namespace a ClusterRoleBinding; `subjects` is JSON.
inline Json make_binding(const std::string& name, const std::string& ns,
                         const std::string& role_kind, const std::string& role_name,
                         const std::string& subjects) {
  Json object{{"apiVersion", "rbac.authorization.k8s.io/v1"},
              {"kind", ns.empty() ? "ClusterRoleBinding" : "RoleBinding"},
              {"metadata", {{"name", name}}},
              {"roleRef", {{"apiGroup", kRbacGroup}, {"kind", role_kind}, {"name", role_name}}},
              {"subjects", boost::json::parse(subjects)}};
  if (!ns.empty()) object.at("metadata").as_object()["namespace"] = ns;
  return object;
}

inline std::string text_at(const Json& value, std::string_view pointer) {
  boost::system::error_code error;
  const Json* found = value.find_pointer(pointer, error);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

inline std::string resource_of(const Json& object) {
  const std::string kind = text_at(object, "/kind");
  if (kind == "Role") return "roles";
  if (kind == "ClusterRole") return "clusterroles";
  return kind == "RoleBinding" ? "rolebindings" : "clusterrolebindings";
}

class RbacModel {
 public:
  // Adds an object, in the place of one of the same kind, namespace and name.
  void put(const Json& object) {
    remove(object);
    objects_.push_back(object);
  }
  void remove(const Json& object) {
    std::erase_if(objects_, [&](const Json& there) { return same_object(there, object); });
  }
  const std::vector<Json>& objects() const { return objects_; }

  bool allows(const Action& action) const {
    for (const Json& binding : objects_) {
      if (!is_binding(binding) || !reaches(binding, action)) continue;
      if (!names_user(binding, action.user)) continue;
      for (const Json& role : objects_) {
        if (!is_role_of(binding, role)) continue;
        for (const Json& rule : role.at("rules").as_array())
          if (rule_allows(rule, action)) return true;
      }
    }
    return false;
  }

 private:
  static bool same_object(const Json& a, const Json& b) {
    return text_at(a, "/kind") == text_at(b, "/kind") &&
           text_at(a, "/metadata/namespace") == text_at(b, "/metadata/namespace") &&
           text_at(a, "/metadata/name") == text_at(b, "/metadata/name");
  }
  static bool is_binding(const Json& object) {
    return text_at(object, "/kind").ends_with("RoleBinding");
  }
  // A RoleBinding gives rights on what is in its namespace and on nothing else.
  static bool reaches(const Json& binding, const Action& action) {
    if (text_at(binding, "/kind") == "ClusterRoleBinding") return true;
    const bool on_resource = !action.resource.empty();
    return on_resource && action.ns == text_at(binding, "/metadata/namespace");
  }
  static bool names_user(const Json& binding, const testkit::UserInfo& user) {
    for (const Json& subject : binding.at("subjects").as_array()) {
      const std::string kind = text_at(subject, "/kind");
      const std::string name = text_at(subject, "/name");
      if (kind == "User" && name == user.name) return true;
      if (kind == "Group")
        for (const std::string& group : user.groups)
          if (name == group) return true;
      if (kind == "ServiceAccount") {
        std::string ns = text_at(subject, "/namespace");
        if (ns.empty()) ns = text_at(binding, "/metadata/namespace");
        if (!ns.empty() && user.name == "system:serviceaccount:" + ns + ":" + name) return true;
      }
    }
    return false;
  }
  static bool is_role_of(const Json& binding, const Json& role) {
    if (text_at(role, "/kind") != text_at(binding, "/roleRef/kind")) return false;
    if (text_at(role, "/metadata/name") != text_at(binding, "/roleRef/name")) return false;
    return text_at(role, "/kind") == "ClusterRole" ||
           text_at(role, "/metadata/namespace") == text_at(binding, "/metadata/namespace");
  }
  static std::vector<std::string> list(const Json& rule, const char* key) {
    std::vector<std::string> texts;
    const Json* found = rule.as_object().if_contains(key);
    if (found == nullptr) return texts;
    for (const Json& item : found->as_array()) texts.emplace_back(item.as_string());
    return texts;
  }
  static bool has(const std::vector<std::string>& texts, const std::string& wanted) {
    for (const std::string& text : texts)
      if (text == wanted) return true;
    return false;
  }
  static bool rule_allows(const Json& rule, const Action& action) {
    const auto verbs = list(rule, "verbs");
    if (!has(verbs, "*") && !has(verbs, action.verb)) return false;
    return action.resource.empty() ? path_allowed(rule, action) : resource_allowed(rule, action);
  }
  static bool resource_allowed(const Json& rule, const Action& action) {
    const auto groups = list(rule, "apiGroups");
    if (!has(groups, "*") && !has(groups, action.api_group)) return false;
    const auto names = list(rule, "resourceNames");
    if (!names.empty() && !has(names, action.name)) return false;
    const auto resources = list(rule, "resources");
    if (has(resources, "*")) return true;
    if (action.subresource.empty()) return has(resources, action.resource);
    return has(resources, action.resource + "/" + action.subresource) ||
           has(resources, "*/" + action.subresource);
  }
  static bool path_allowed(const Json& rule, const Action& action) {
    for (std::string url : list(rule, "nonResourceURLs")) {
      if (url == "*" || url == action.path) return true;
      if (url.empty() || url.back() != '*') continue;
      while (!url.empty() && url.back() == '*') url.pop_back();
      if (action.path.compare(0, url.size(), url) == 0) return true;
    }
    return false;
  }

  std::vector<Json> objects_;
};

}  // namespace limen::test
