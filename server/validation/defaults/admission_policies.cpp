#include "validation/defaults/defaulters.h"

namespace limen::validation::defaults {

namespace {

using Members = boost::json::object;

Members* existing(Members& members, std::string_view key) {
  Json* found = members.if_contains(key);
  return found ? found->if_object() : nullptr;
}

// MatchResources, where something is said of what is matched.
void match(Members& spec, std::string_view key) {
  Members* found = existing(spec, key);
  if (!found) return;
  fill(*found, "matchPolicy", "Equivalent");
  object_in(*found, "namespaceSelector");
  object_in(*found, "objectSelector");
  for (const std::string_view rules : {"resourceRules", "excludeResourceRules"}) {
    each_object(*found, rules, [](Members& rule) { fill(rule, "scope", "*"); });
  }
}

}  // namespace

void admission_policy(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  fill(*spec, "failurePolicy", "Fail");
  match(*spec, "matchConstraints");
}

void admission_policy_binding(Members& object) {
  if (Members* spec = existing(object, "spec")) match(*spec, "matchResources");
}

}  // namespace limen::validation::defaults
