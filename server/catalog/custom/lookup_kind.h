// Finding a resource by its kind, as references between objects name it.
//
// Thread rule: free function, any thread.
#pragma once

#include <string_view>

#include "catalog/custom/custom_catalog.h"

namespace limen::catalog {

// Built-in or custom; null when not served.
ResourcePtr lookup_kind(std::string_view group, std::string_view version, std::string_view kind);

}  // namespace limen::catalog
