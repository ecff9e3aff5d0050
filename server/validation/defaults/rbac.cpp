#include "validation/defaults/defaulters.h"

namespace limen::validation::defaults {

namespace {

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

std::string_view text(const boost::json::object& members, std::string_view key) {
  const Json* value = members.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

}  // namespace

void role_binding(boost::json::object& object) {
  if (Json* ref = object.if_contains("roleRef"); ref && ref->is_object()) {
    boost::json::object& members = ref->get_object();
    if (text(members, "apiGroup").empty()) members["apiGroup"] = kGroup;
  }
  each_object(object, "subjects", [](boost::json::object& subject) {
    if (!text(subject, "apiGroup").empty()) return;
    const std::string_view kind = text(subject, "kind");
    if (kind == "User" || kind == "Group") subject["apiGroup"] = kGroup;
  });
}

}  // namespace limen::validation::defaults
