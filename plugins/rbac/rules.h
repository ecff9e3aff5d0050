// RBAC's rules: what a role allows (row Z7). Immutable; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "limen/cpp/plugin.hpp"

namespace limen::rbac {

// rbac.authorization.k8s.io/v1 PolicyRule.
struct Rule {
  std::vector<std::string> verbs, api_groups, resources, resource_names, non_resource_urls;
};

// The rules of a Role or ClusterRole object, in its order.
std::vector<Rule> read_rules(const Node& role);

bool allows(const Rule& rule, const Attributes& attributes);

// The one thing the rule lacks to allow it, as what follows its name ("has the resource but not the
// verb: only \"get\""); empty when it lacks nothing or more than one.
std::string shortfall(const Rule& rule, const Attributes& attributes);

}  // namespace limen::rbac
