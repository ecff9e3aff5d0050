// What a write of a Service claims of the cluster's addresses and ports, and gives back.
//
// Nothing for other resources, and where no allocator is there. Thread rule: the request's loop.
#pragma once

#include "api/call.h"
#include "object/document.h"
#include "registry/lifecycle.h"
#include "registry/service_allocator.h"

namespace limen::api {

// Of an object about to be created, or about to replace `old`. Kept once it is stored. Throws
// ApiError.
registry::ServiceAllocator::Claim claim_for_new(const Call& call, object::Json& object,
                                                bool dry_run);
registry::ServiceAllocator::Claim claim_for_changed(const Call& call, registry::Part part,
                                                    object::Json& object, const object::Json& old,
                                                    bool dry_run);
// The object has gone.
void give_back(const Call& call, const storage::StoredObject& object);

}  // namespace limen::api
