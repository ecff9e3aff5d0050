// Objects of custom kinds: what is done to them and asked of them, as their definition's schema
// says.
//
// The counterpart of schema.h, defaults.h and the rules in kinds/ for kinds that arrived as
// objects. Thread rule: free functions, any thread.
#pragma once

#include "catalog/custom/definition.h"
#include "validation/causes.h"
#include "validation/schema.h"

namespace limen::validation {

// Decoding: metadata is brought to its type; members that the schema does not know are dropped and
// named; nulls that are not allowed count as absent; what is missing gets its default. `error` is
// set when metadata is none.
Conformance conform_custom(Json& object, const catalog::CustomKind& kind);

// The same for an object read from the store, which was decoded before and perhaps by an older
// schema: never fails.
void adopt_custom(Json& object, const catalog::CustomKind& kind);

// The members that the schema does not know are dropped; nothing else is done.
void prune_custom(Json& object, const catalog::CustomKind& kind);

// Sets what is missing and drops nulls that are not allowed, below the object's root.
void default_custom(Json& object, const catalog::CustomKind& kind);

// What the schema has against the object, with kube-apiserver's paths and texts. Values that `old`
// (null on create) has in the same place are not complained about.
void check_custom(const Json& object, const Json* old, const catalog::CustomKind& kind,
                  Causes& causes);

// The parts, for definitions' own defaults as well. `path` is of the value.
void prune_value(Json& value, const catalog::Schema& schema);
void default_value(Json& value, const catalog::Schema& schema);
void check_value(const Json& value, const Json* old, const catalog::Schema& schema,
                 std::string path, Causes& causes);
// Uniqueness in lists that are sets or maps, here and below.
void check_lists(const Json& value, const catalog::Schema& schema, std::string path,
                 Causes& causes);
// apiVersion and kind of embedded resources, here and below.
void check_embedded(const Json& value, const catalog::Schema& schema, std::string path,
                    Causes& causes);

}  // namespace limen::validation
