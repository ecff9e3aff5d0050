// The event by which users learn that an object names an owner it cannot have: one in another
// namespace, or a namespaced one although it is in none itself.
//
// Thread rule: the loop's thread.
#pragma once

#include <string>

#include "base/task.h"
#include "controllers/objects.h"
#include "controllers/owner_references.h"

namespace limen::controllers {

// Stores a warning about `dependent`, which is in `ns`, once for each owner. Throws StoreError.
base::Task<void> tell_invalid_owner(Objects& objects, const object::Json& dependent, std::string ns,
                                    OwnerReference reference);

}  // namespace limen::controllers
