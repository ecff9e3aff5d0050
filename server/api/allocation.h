// What a write of a Service claims of the cluster's addresses and ports, and gives back.
//
// Thread rule: the request's loop.
#pragma once

#include "api/call.h"
#include "base/task.h"
#include "object/document.h"
#include "registry/lifecycle.h"
#include "registry/service_allocator.h"

namespace limen::api {

// Whether writes of this call's resource claim any; asked first, so that others cost nothing. The
// rest is for those that do.
bool claims_numbers(const Call& call);

// Of an object about to be created, or about to replace `old`. Throws ApiError.
base::Task<registry::ServiceAllocator::Claim> claim_for_new(const Call& call, object::Json& object,
                                                            bool dry_run);
base::Task<registry::ServiceAllocator::Claim> claim_for_changed(const Call& call,
                                                                registry::Part part,
                                                                object::Json& object,
                                                                const object::Json& old,
                                                                bool dry_run);
// Of any resource: kept once the object is stored, given back when it is not.
void settle_claim(registry::ServiceAllocator::Claim& claim, storage::WriteStatus status);
// The object has gone.
base::Task<void> give_back(const Call& call, const storage::StoredObject& object);

}  // namespace limen::api
