// Reading single members out of stored JSON text without parsing it.
//
// For the read path: selectable fields and the metadata of an object are looked up in the stored
// bytes themselves. The text must be what the store holds: valid, compact JSON. Thread rule: free
// functions, any thread; results are views of the text.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace limen::registry {

// The raw text of the member at `path` (`"x"`, `12`, `{...}`); empty when a step is missing.
std::string_view scan(std::string_view json, std::initializer_list<std::string_view> path);

// The value of a raw scalar: strings without quotes and escapes, everything else as written.
// `scratch` holds the text when it had escapes.
std::string_view scalar_text(std::string_view raw, std::string& scratch);

// Where stored text goes on after its leading apiVersion and kind: the text of the first other
// member, without the comma. Stored objects begin `{"apiVersion":"v1","kind":"Pod",`.
std::string_view after_type(std::string_view json);

}  // namespace limen::registry
