// ObjectMeta rules: names, labels, annotations, owners, finalizers, and what an update may change.
// Thread rule: free functions, any thread.
#pragma once

#include "validation/causes.h"

namespace limen::validation {

// Which names a kind accepts.
using NameCheck = object::Problems (*)(std::string_view name);

// Rules of a new object's metadata.
void check_metadata(const Json& object, bool namespaced, NameCheck name_check, Causes& causes);

// Rules of an update: the new metadata by itself, and against the old. uid, creationTimestamp and
// deletion members are compared only where the new object states them. metadata.resourceVersion is
// the caller's matter: whether an update needs one depends on the resource.
void check_metadata_update(const Json& object, const Json& old, bool namespaced, Causes& causes);

// A finalizer has a domain or is one of Kubernetes' own.
void check_finalizer_domain(std::string_view finalizer, const FieldPath& path, Causes& causes);
void check_finalizer_domains(const Json& object, Causes& causes);

}  // namespace limen::validation
