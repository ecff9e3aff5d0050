// Deleting an object as a client's delete would: with its finalizers and its time to end.
//
// Thread rule: the loop's thread.
#pragma once

#include "base/task.h"
#include "catalog/catalog.h"
#include "controllers/objects.h"
#include "registry/lifecycle.h"

namespace limen::controllers {

// Removes the object, or marks it as being deleted when somebody has to agree or it has time to
// end. Does nothing when `current` is not its newest state any more. Throws StoreError.
base::Task<void> delete_object(Objects& objects, const catalog::Resource& resource,
                               storage::ObjectPtr current);

// The same, and what becomes of its dependents. False when `current` was not its newest state.
base::Task<bool> delete_with(Objects& objects, const catalog::Resource& resource,
                             storage::ObjectPtr current, registry::Propagation propagation);

}  // namespace limen::controllers
