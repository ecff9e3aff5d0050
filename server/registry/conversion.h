// Conversion between the version an object is stored in and the version a client speaks.
//
// Most served versions of a kind differ in apiVersion alone; the few that differ in shape are rows
// of one table with a function each way. Round trips lose nothing: what a version cannot express is
// kept in annotations, as Kubernetes does. Thread rule: free functions, any thread.
#pragma once

#include <cstdint>

#include "catalog/catalog.h"
#include "object/document.h"

namespace limen::registry {

enum class Difference : std::uint8_t {
  none,   // stored as served
  type,   // apiVersion (and kind) alone
  shape,  // fields differ: the object must be parsed
};

// How the served version of `resource` differs from its stored form.
Difference difference(const catalog::Resource& resource);

// The row of the stored version of `resource`; itself when that is how it is stored.
const catalog::Resource& storage_resource(const catalog::Resource& resource);

// In place, from the stored to the served version, apiVersion included, and back.
void to_served(const catalog::Resource& resource, object::Json& object);
void to_stored(const catalog::Resource& resource, object::Json& object);

}  // namespace limen::registry
