// When a job's pods count as failed or its work as done.
// Thread rule: free functions, any thread.
#pragma once

#include "validation/causes.h"

namespace limen::validation::kinds {

// spec.podFailurePolicy and spec.successPolicy of a JobSpec; `path` is the spec's.
void check_pod_failure_policy(const Json& spec, const FieldPath& path, Causes& causes);
void check_success_policy(const Json& spec, const FieldPath& path, Causes& causes);

}  // namespace limen::validation::kinds
