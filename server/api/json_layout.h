// JSON as YAML, for those who ask for it.
// Thread rule: free functions, any thread.
#pragma once

#include <string>
#include <string_view>

#include "object/document.h"

namespace limen::api {

// YAML in block style; strings that a YAML 1.1 reader could take for something else are quoted.
std::string to_yaml(const object::Json& value);

}  // namespace limen::api
