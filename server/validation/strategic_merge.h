// Strategic merge patch: a merge patch that knows which lists are keyed.
//
// Driven by the catalog (patch_merge, patch_merge_key, patch_retain_keys); directives `$patch`,
// `$retainKeys`, `$setElementOrder/<list>` and `$deleteFromPrimitiveList/<list>` as Kubernetes
// defines them. Thread rule: free function, any thread.
#pragma once

#include <stdexcept>

#include "catalog/catalog.h"
#include "object/document.h"

namespace limen::validation {

// The patch does not fit the type or uses a directive wrongly; what() is for the client (400).
class StrategicMergeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `target` changed by `patch`; `type` describes both. Throws StrategicMergeError; `target` is then
// in an undefined state.
void apply_strategic_merge(object::Json& target, const object::Json& patch,
                           const catalog::Type& type);

}  // namespace limen::validation
