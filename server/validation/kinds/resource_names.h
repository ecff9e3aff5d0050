// Names of compute resources: what containers, pods, quotas and limit ranges may ask for.
// Thread rule: free functions, any thread.
#pragma once

#include <string_view>

#include "validation/causes.h"

namespace limen::validation::kinds {

bool is_huge_pages(std::string_view name);
// Unprefixed, or of the kubernetes.io domain.
bool is_native_resource(std::string_view name);
// Requests may be less than limits.
bool allows_overcommit(std::string_view name);
// Only whole numbers of it exist.
bool is_counted_resource(std::string_view name);
bool is_standard_quota_resource(std::string_view name);

void check_resource_name(std::string_view name, const FieldPath& path, Causes& causes);
void check_container_resource_name(std::string_view name, const FieldPath& path, Causes& causes);
void check_pod_resource_name(std::string_view name, const FieldPath& path, Causes& causes);
void check_quota_resource_name(std::string_view name, const FieldPath& path, Causes& causes);

}  // namespace limen::validation::kinds
