// Containers of a pod's spec.
#pragma once

#include <set>
#include <string>

#include "validation/causes.h"

namespace limen::validation::kinds {

// One container of any of a spec's lists; `volumes` are the names of the spec's volumes.
void check_container(const Json& container, const FieldPath& path,
                     const std::set<std::string, std::less<>>& volumes, Causes& causes);

}  // namespace limen::validation::kinds
