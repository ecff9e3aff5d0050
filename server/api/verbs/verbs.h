// The verbs: one function and one file each. All have the same steps in the same order:
//
//   options from the query -> body read and decoded -> the resource's strategy -> mutating
//   admission
//   -> validation -> validating admission -> store -> answer
//
// (reads have the first and the last two). The call's output has been negotiated, the resource and
// the verb exist. Each answers the call's request or throws ApiError. Thread rule: the request's
// loop.
#pragma once

#include "api/call.h"
#include "base/task.h"
#include "registry/lifecycle.h"

namespace limen::api {

base::Task<void> get_object(Call& call);
base::Task<void> list_objects(Call& call);
base::Task<void> watch_objects(Call& call);  // its task ends with the watch
base::Task<void> create_object(Call& call);
// PUT and PATCH of an object, or through a subresource of a part of it.
base::Task<void> update_object(Call& call, registry::Part part);
base::Task<void> patch_object(Call& call, registry::Part part);
// PATCH with a configuration to apply (server-side apply); creates what is not there.
base::Task<void> apply_object(Call& call, registry::Part part);
base::Task<void> delete_object(Call& call);
base::Task<void> delete_collection(Call& call);

}  // namespace limen::api
