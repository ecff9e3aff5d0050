// Schema: what decoding into a typed object does to a JSON value.
//
// A built-in object is decoded into its type: members the type does not have are dropped and named,
// nulls count as absent, values of the wrong kind end the request. Amounts and times are brought to
// their canonical text. Member names are case-sensitive. Thread rule: free function, any thread.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "object/document.h"

namespace limen::validation {

struct Conformance {
  // Members that were dropped, in the order met: `unknown field "spec.foo"`.
  std::vector<std::string> unknown;
  // The first wrong type, as Go words it; empty when all fit: `json: cannot unmarshal string into
  // Go struct field DeploymentSpec.spec.replicas of type int32`.
  std::string error;
};

// Brings `object` to `type` in place. When `error` is set the object must not be used.
Conformance conform(object::Json& object, const catalog::Type& type);

}  // namespace limen::validation
