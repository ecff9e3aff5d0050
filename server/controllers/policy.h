// The default RBAC policy: the roles and bindings that a fresh server has.
//
// Kept as a table of lines in tables/bootstrap_policy.cpp:
//   cluster-role NAME | role NAMESPACE NAME
//     label KEY=VALUE
//     collects KEY=VALUE                        an aggregation rule with this label
//     rule VERBS | GROUPS | RESOURCES [| NAMES] comma lists; the core group is "."
//     urls VERBS | PATHS
//   cluster-role-binding NAME | role-binding NAMESPACE NAME
//     grants ClusterRole/NAME
//     to Group/NAME, User/NAME or ServiceAccount/NAMESPACE/NAME
// Thread rule: free functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "object/document.h"
#include "storage/store.h"

namespace limen::controllers {

extern const std::string_view kBootstrapPolicy;

// A role or binding as it should be, without what is set when it is created.
struct PolicyObject {
  storage::Key key;
  object::Json object;
};

// Reads a table. Throws std::invalid_argument that names the line.
std::vector<PolicyObject> parse_policy(std::string_view table);

// True when the owner of a role or binding wants it left alone: it has the annotation
// rbac.authorization.kubernetes.io/autoupdate: "false".
bool opted_out(const object::Json& stored);

// Changes `stored` so that it grants at least what `wanted` does: missing labels, annotations,
// rules, aggregation selectors and subjects are added, nothing is taken away. False when nothing
// was missing.
bool reconcile_policy(object::Json& stored, const object::Json& wanted);

// True when a binding must be made anew, because it refers to another role (which cannot change).
bool refers_elsewhere(const object::Json& stored, const object::Json& wanted);

// True when somebody with `rules` may do everything `rule` allows (RBAC PolicyRules).
bool covers(const boost::json::array& rules, const object::Json& rule);

}  // namespace limen::controllers
