// Whether the rules somebody holds cover the rules they want to give away (row Z8).
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "authz/authorizer.h"

namespace limen::authz {

// rbac.authorization.k8s.io/v1 PolicyRule.
struct PolicyRule {
  std::vector<std::string> verbs, api_groups, resources, resource_names, non_resource_urls;
};

// Everything: what only an administrator holds.
std::vector<PolicyRule> full_authority();

// What of `wanted` no rule of `held` gives: broken down to one verb on one resource (of one name)
// or URL each. Empty: all is covered.
std::vector<PolicyRule> missing_rules(const Rules& held, const std::vector<PolicyRule>& wanted);

// The rules in Kubernetes' short form, one a line and sorted, those that differ only in their verbs
// joined: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`.
std::string describe_rules(const std::vector<PolicyRule>& rules);

// Go's %q of a list of texts: `["a" "b"]`.
std::string go_quote_list(const std::vector<std::string>& texts);

}  // namespace limen::authz
