// Selectable fields: what `fieldSelector` may name for a resource, and its value in an object.
//
// Every resource has metadata.name, and metadata.namespace where kube-apiserver takes it; further
// fields are rows of one table, by the group that is asked: events are selected by other names in
// each of theirs. Thread rule: free functions, any thread.
#pragma once

#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "object/selector.h"
#include "storage/store.h"

namespace limen::registry {

// Throws ApiError 400 with kube-apiserver's text when the selector names a field the resource does
// not offer.
void check_field_selector(const catalog::Resource& resource, const object::FieldSelector& selector);

// True when the stored object matches. `selector` has passed check_field_selector.
bool matches_fields(const catalog::Resource& resource, const object::FieldSelector& selector,
                    const storage::StoredObject& object);

}  // namespace limen::registry
