// Other layouts of JSON text: indented for people, YAML for those who ask for it.
// Thread rule: free functions, any thread.
#pragma once

#include <string>
#include <string_view>

#include "object/document.h"

namespace limen::api {

// Compact JSON with two spaces of indentation, as Go's json.Indent lays it out. `json` is valid.
std::string indent_json(std::string_view json);

// YAML in block style; strings that a YAML 1.1 reader could take for something else are quoted.
std::string to_yaml(const object::Json& value);

}  // namespace limen::api
