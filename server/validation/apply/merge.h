// The two operations on objects that server-side apply is made of: laying one over another, and
// taking fields out. Thread rule: free functions, any thread.
#pragma once

#include "object/document.h"
#include "validation/apply/field_set.h"
#include "validation/apply/model.h"

namespace limen::validation::apply {

// `live` with `config` over it: members of both are merged, items of keyed lists found by their
// keys and kept in an order that suits both, what is one value is taken from `config`.
object::Json merged(const object::Json& live, const object::Json& config, const Model& model);

// `object` without the fields in `set`. What has no part left goes as well.
object::Json without(const object::Json& object, const FieldSet& set, const Model& model);

// `set`, and with a field of a record also the record's member it is in: so that taking all fields
// out of a structure takes the structure out.
FieldSet with_structures(const FieldSet& set, const Model& model);

}  // namespace limen::validation::apply
