// The two operations on objects that server-side apply is made of: laying one over another, and
// taking fields out. Thread rule: free functions, any thread.
#pragma once

#include "catalog/catalog.h"
#include "object/document.h"
#include "validation/apply/field_set.h"

namespace limen::validation::apply {

// `live` with `config` over it: members of both are merged, items of keyed lists found by their
// keys and kept in an order that suits both, what is one value is taken from `config`.
object::Json merged(const object::Json& live, const object::Json& config,
                    const catalog::Type* type);

// `object` without the fields in `set`. What has no part left goes as well.
object::Json without(const object::Json& object, const FieldSet& set, const catalog::Type* type);

// `set`, and with a field of a record also the record's member it is in: so that taking all fields
// out of a structure takes the structure out.
FieldSet with_structures(const FieldSet& set, const catalog::Type* type);

}  // namespace limen::validation::apply
