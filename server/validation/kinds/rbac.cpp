// Roles and bindings.
#include "object/metadata.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::member;
using object::text_at;

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

bool any(const Json& rule, std::string_view key) { return !elements(member(rule, key)).empty(); }

void check_rule(const Json& rule, bool namespaced, const FieldPath& path, Causes& causes) {
  if (!any(rule, "verbs")) {
    causes.required(path.child("verbs"), "verbs must contain at least one value");
  }
  if (any(rule, "nonResourceURLs")) {
    const FieldPath urls = path.child("nonResourceURLs");
    const Json& value = or_null(member(rule, "nonResourceURLs"));
    if (namespaced) {
      causes.invalid(urls, value, "namespaced rules cannot apply to non-resource URLs");
    }
    if (any(rule, "apiGroups") || any(rule, "resources") || any(rule, "resourceNames")) {
      causes.invalid(urls, value,
                     "rules cannot apply to both regular resources and non-resource URLs");
    }
    return;
  }
  if (!any(rule, "apiGroups")) {
    causes.required(path.child("apiGroups"), "resource rules must supply at least one api group");
  }
  if (!any(rule, "resources")) {
    causes.required(path.child("resources"), "resource rules must supply at least one resource");
  }
}

void check_rules(const Json& object, bool namespaced, Causes& causes) {
  std::size_t index = 0;
  for (const Json& rule : elements(member(object, "rules"))) {
    check_rule(rule, namespaced, FieldPath("rules").index(index++), causes);
  }
}

void check_subject(const Json& subject, bool namespaced, const FieldPath& path, Causes& causes) {
  const std::string_view kind = text_at(subject, "kind");
  const std::string_view name = text_at(subject, "name");
  const std::string_view group = text_at(subject, "apiGroup");
  if (name.empty()) causes.required(path.child("name"));
  if (kind == "ServiceAccount") {
    if (!name.empty()) {
      causes.invalid_each(path.child("name"), name, object::dns1123_subdomain(name));
    }
    if (!group.empty()) causes.not_supported(path.child("apiGroup"), group, {""});
    if (!namespaced && text_at(subject, "namespace").empty()) {
      causes.required(path.child("namespace"));
    }
  } else if (kind == "User" || kind == "Group") {
    if (name.empty()) {
      causes.invalid(path.child("name"), name,
                     kind == "User" ? "user name cannot be empty" : "group name cannot be empty");
    }
    if (group != kGroup) causes.not_supported(path.child("apiGroup"), group, {kGroup});
  } else {
    causes.not_supported(path.child("kind"), kind, {"ServiceAccount", "User", "Group"});
  }
}

void check_binding(const Json& object, bool namespaced, Causes& causes) {
  static const Json kNone;
  const Json* found = member(object, "roleRef");
  const Json& ref = found ? *found : kNone;
  const FieldPath path("roleRef");
  if (text_at(ref, "apiGroup") != kGroup) {
    causes.not_supported(path.child("apiGroup"), text_at(ref, "apiGroup"), {kGroup});
  }
  const std::string_view kind = text_at(ref, "kind");
  if (namespaced && kind != "Role" && kind != "ClusterRole") {
    causes.not_supported(path.child("kind"), kind, {"Role", "ClusterRole"});
  }
  if (!namespaced && kind != "ClusterRole") {
    causes.not_supported(path.child("kind"), kind, {"ClusterRole"});
  }
  const std::string_view name = text_at(ref, "name");
  if (name.empty()) {
    causes.required(path.child("name"));
  } else {
    causes.invalid_each(path.child("name"), name, object::path_segment_name(name));
  }
  std::size_t index = 0;
  for (const Json& subject : elements(member(object, "subjects"))) {
    check_subject(subject, namespaced, FieldPath("subjects").index(index++), causes);
  }
}

}  // namespace

void check_role(const Json& object, Causes& causes) { check_rules(object, true, causes); }

void check_cluster_role(const Json& object, Causes& causes) {
  check_rules(object, false, causes);
  const Json* aggregation = member(object, "aggregationRule");
  if (!aggregation || !aggregation->is_object()) return;
  const FieldPath path("aggregationRule");
  const Json* selectors = member(*aggregation, "clusterRoleSelectors");
  if (elements(selectors).empty()) {
    causes.required(path.child("clusterRoleSelectors"),
                    "at least one clusterRoleSelector required if aggregationRule is non-nil");
  }
  std::size_t index = 0;
  for (const Json& selector : elements(selectors)) {
    check_label_selector(&selector, path.child("clusterRoleSelectors").index(index++), causes);
  }
}

void check_role_binding(const Json& object, Causes& causes) { check_binding(object, true, causes); }

void check_cluster_role_binding(const Json& object, Causes& causes) {
  check_binding(object, false, causes);
}

void check_role_ref_update(const Json& object, const Json& old, Causes& causes) {
  const Json* now = member(object, "roleRef");
  if (same(now, member(old, "roleRef"))) return;
  // As Go's struct shows it.
  static const Json kNone(boost::json::object_kind);
  const Json& ref = now && now->is_object() ? *now : kNone;
  const boost::json::object shown = {{"APIGroup", text_at(ref, "apiGroup")},
                                     {"Kind", text_at(ref, "kind")},
                                     {"Name", text_at(ref, "name")}};
  causes.invalid(FieldPath("roleRef"), Json(shown), "cannot change roleRef");
}

}  // namespace limen::validation::kinds
