// Removal: how one object goes, at once or marked and left to its finalizers (row M23).
//
// Shared by delete, deletecollection and eviction. Thread rule: the request's loop.
#pragma once

#include <string>

#include "api/call.h"
#include "api/write_options.h"
#include "base/task.h"
#include "storage/store.h"

namespace limen::api {

struct Removed {
  storage::ObjectPtr object;  // the last state, or the marked one
  bool gone = false;          // false: it waits for finalizers, its kubelet or its content
};

// Deletes the object `name` of the call's resource. Admission is asked with the object that goes,
// unless `admission` says that it has been (eviction).
// Throws ApiError: 404, 409 when a precondition does not hold, what admission refuses.
base::Task<Removed> remove_object(Call& call, std::string name, const DeleteOptions& options,
                                  bool admission = true);

// The DeleteOptions of a request: its body when it has one, else its query.
base::Task<DeleteOptions> read_delete_options(Call& call);

}  // namespace limen::api
