// Operations of a group-version as JSON text: the members of `paths`. Free functions, any thread.
#pragma once

#include <string>

#include "api/openapi/dialect.h"
#include "api/openapi/schema.h"
#include "catalog/catalog.h"

namespace limen::api {

// Appends "path":{...} members for every resource and subresource, each with a comma after it, and
// adds the types their bodies have to `types`.
void append_paths(std::string& out, const catalog::GroupVersion& entry, Dialect dialect,
                  TypeSet& types);

// /api/v1 or /apis/GROUP/VERSION.
std::string base_path(const catalog::GroupVersion& entry);

}  // namespace limen::api
