// Kinds of the server's own that are served but not listed: discovery and OpenAPI, which go by
// group_versions(), do not show them, so that clients meet the API they know.
//
// Any thread. Lifetime: static.
#pragma once

#include <string_view>

#include "catalog/catalog.h"

namespace limen::catalog {

// Null when there is none. What find_resource() looks at last.
const Resource* find_unlisted(std::string_view group, std::string_view version,
                              std::string_view resource);

}  // namespace limen::catalog
