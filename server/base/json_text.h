// Writing JSON text without a document: for answers assembled from parts.
#pragma once

#include <string>
#include <string_view>

namespace limen::base {

// Appends `text` as a JSON string, quotes included (RFC 8259). Bytes that are not valid UTF-8 are
// written as U+FFFD, as Go's encoder does.
void append_json_string(std::string& out, std::string_view text);

// Compact JSON with two spaces of indentation, as Go's json.Indent lays it out. `json` is valid.
std::string indent_json(std::string_view json);

}  // namespace limen::base
