// Validation of whole objects: the rules beyond their schema, with a cause a broken rule.
//
// Metadata rules hold for every kind; rules of single kinds are one file each in kinds/, registered
// in one table (kinds/table.cpp). Causes are worded exactly as kube-apiserver words them; the
// caller makes them a 422 with base::ApiError::invalid. Thread rule: free functions, any thread.
#pragma once

#include <string_view>
#include <vector>

#include "base/api_error.h"
#include "catalog/catalog.h"
#include "object/document.h"

namespace limen::validation {

// Empty when the object may be created. `object` has been conformed to its type; its name is set
// (generateName has been resolved, or the cause says that a name is required).
std::vector<base::StatusCause> validate_create(const catalog::Resource& resource,
                                               const object::Json& object);

// Empty when `object` may replace `old`.
std::vector<base::StatusCause> validate_update(const catalog::Resource& resource,
                                               const object::Json& object, const object::Json& old);

// Empty when an update through a subresource (status and the like) may replace `old`: its metadata
// and the rules of its status.
std::vector<base::StatusCause> validate_status_update(const catalog::Resource& resource,
                                                      const object::Json& object,
                                                      const object::Json& old);

// Empty when a namespace may be updated so through its subresource `finalize`.
std::vector<base::StatusCause> validate_finalize(const catalog::Resource& namespaces,
                                                 const object::Json& object,
                                                 const object::Json& old);

// Empty when a pod may be updated so through its subresource `resize` or `ephemeralcontainers`.
std::vector<base::StatusCause> validate_resize(const catalog::Resource& pods,
                                               const object::Json& object, const object::Json& old);
std::vector<base::StatusCause> validate_ephemeral_containers(const catalog::Resource& pods,
                                                             const object::Json& object,
                                                             const object::Json& old);

}  // namespace limen::validation
