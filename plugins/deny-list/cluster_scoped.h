// Which of Kubernetes' own resources have no namespace. A pure function; any thread.
#pragma once

#include <string_view>

namespace limen::deny_list {

// False also for custom resources, of which an authorizer is not told.
bool is_cluster_scoped(std::string_view api_group, std::string_view resource);

}  // namespace limen::deny_list
