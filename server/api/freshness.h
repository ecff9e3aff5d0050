// Freshness: how new memory must be for a request, where other servers write to the same store.
//
// What such servers have just written may not be in this one's memory yet. A request that must not
// miss it has the store confirm first that memory shows all that was durable when the request came
// (which many requests share); one that names the age it takes (resourceVersion) is answered from
// memory at once where memory is that new. What follows from it for clients stands in
// api/README.md. Nothing here is called for a store that is not shared. The request's loop.
#pragma once

#include "api/call.h"
#include "base/task.h"
#include "object/decode.h"

namespace limen::api {

// True when the request must be confirmed before its verb begins. Throws ApiError 503 when memory
// would do but may not be read at the moment (ApiOptions::refuse_stale).
bool must_confirm(const Call& call);

// The same of `object`, which is to be created: the store decides whether it is there already, but
// what it names may be too new for memory, and admission would refuse it.
bool must_confirm_create(const Call& call, const object::Json& object, bool dry_run);

// Waits until the store has confirmed that memory is new enough for this request; once is enough.
// Throws ApiError 503 when the store cannot tell, 504 when it took longer than
// ApiOptions::confirm_limit.
base::Task<void> confirm(Call& call);

}  // namespace limen::api
