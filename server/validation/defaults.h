// Defaulting: members that clients leave out and every reader expects.
//
// Applied to an object after decoding and before admission, on create, update and patch. The values
// are those of kube-apiserver 1.36 for the kinds of daily use; one file a group in defaults/, one
// table row a kind. A default never changes a member that is set.
// Thread rule: free function, any thread.
#pragma once

#include "catalog/catalog.h"
#include "object/document.h"

namespace limen::validation {

// Sets what is missing in `object`, which has been conformed to the resource's type.
void apply_defaults(const catalog::Resource& resource, object::Json& object);

}  // namespace limen::validation
