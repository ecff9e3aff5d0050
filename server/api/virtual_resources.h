// Virtual resources: kinds that are answered instead of stored, such as SubjectAccessReview.
//
// A POST of one is decoded, checked and admitted like any create; then its handler fills in the
// answer. One row in virtual_resources.cpp a kind. Thread rule: the request's loop.
#pragma once

#include <string>
#include <string_view>

#include "api/access_chains.h"
#include "base/task.h"
#include "catalog/catalog.h"
#include "object/document.h"
#include "request/context.h"
#include "storage/store.h"

namespace limen::api {

// What a handler has to go by. Borrowed; valid until the handler's task ends.
struct VirtualRequest {
  request::RequestContext& context;
  const AccessChains& chains;
  const catalog::Resource& resource;
  const object::Json& object;  // as posted, conformed to its type, after mutating admission
  storage::Store& store;
};

// Returns the object to answer with (status 201), or throws ApiError.
using VirtualHandler = base::Task<object::Json> (*)(const VirtualRequest& request);

// Null when the resource has none. `resource` may be a subresource: "serviceaccounts/token".
VirtualHandler virtual_resource_handler(std::string_view group, std::string_view resource);

}  // namespace limen::api
