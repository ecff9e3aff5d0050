// Operations of a group-version as JSON text: the members of `paths`. Free functions, any thread.
#pragma once

#include <string>

#include "api/openapi/custom_schemas.h"
#include "api/openapi/dialect.h"
#include "api/openapi/schema.h"
#include "catalog/catalog.h"

namespace limen::api {

// Appends "path":{...} members for every resource and subresource, each with a comma after it, and
// adds the types their bodies have to `types`. `custom`: where a custom kind's list is found.
void append_paths(std::string& out, const catalog::GroupVersion& entry, Dialect dialect,
                  TypeSet& types, const CustomSchemas* custom = nullptr);

// /api/v1 or /apis/GROUP/VERSION.
std::string base_path(const catalog::GroupVersion& entry);

}  // namespace limen::api
