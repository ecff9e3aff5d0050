// The small words of HTTP's grammar (RFC 9110 section 5.6): tokens, field values, lists.
//
// Pure functions over borrowed text; any thread.
#pragma once

#include <optional>
#include <string_view>

namespace limen::transport {

// A token: one or more tchar.
bool is_token(std::string_view text);
// A field value's bytes: visible ASCII, space, tab and obs-text; no other control, no DEL.
bool is_field_value(std::string_view text);
// What may stand in a request target: no control, no space, no DEL.
bool is_target(std::string_view text);
// The bytes a Host value may hold; may be empty.
bool is_host(std::string_view text);

// Without spaces and tabs at both ends.
std::string_view trim_ows(std::string_view text);
// ASCII case-insensitive.
bool same_word(std::string_view left, std::string_view right);
// Whether a comma separated list holds `word`, case-insensitively.
bool list_has(std::string_view list, std::string_view word);

struct FieldLine {
  std::string_view name;
  std::string_view value;  // trimmed, not yet checked by is_field_value
};
// `name: value` of one line without its CRLF. Nothing when there is no colon, the name is no token
// (so also with a space before the colon) or the line is a fold of the one before.
std::optional<FieldLine> split_field_line(std::string_view line);

}  // namespace limen::transport
