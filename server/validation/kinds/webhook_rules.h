// What webhook configurations and admission policies have in common: which requests they match.
// Thread rule: free functions, any thread.
#pragma once

#include "validation/causes.h"

namespace limen::validation::kinds {

// A RuleWithOperations: operations, groups, versions, resources and scope.
void check_operation_rule(const Json& rule, const FieldPath& path, Causes& causes);
// The member `matchConditions` of `owner`, told of at `path`.
void check_match_conditions(const Json& owner, const FieldPath& path, Causes& causes);

}  // namespace limen::validation::kinds
