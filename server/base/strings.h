// Small text helpers the standard library lacks. All views are borrowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limen::base {

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);                 // ASCII white space
std::string to_lower(std::string_view text);                  // ASCII only
bool iequals(std::string_view left, std::string_view right);  // ASCII case-insensitive
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// Decodes %XX (RFC 3986); `plus_is_space` for query parts. Nothing on a broken escape.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

// Whole-string decimal numbers; nothing when any byte does not belong or the value does not fit.
std::optional<std::int64_t> parse_int(std::string_view text);

// base64 (RFC 4648 section 4). Nothing on bad input.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);
// The alphabet for URLs, without padding (RFC 4648 section 5). Nothing on bad input.
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

// Go's %q for text: quoted, with escapes. Used in messages that clients compare.
std::string go_quote(std::string_view text);

// True when both have the same bytes; the time depends on the lengths alone.
bool constant_time_equals(std::string_view left, std::string_view right);

// A random version 4 UUID in lower case (RFC 9562).
std::string random_uuid();
// `length` characters of Kubernetes' safe alphabet (bcdfghjklmnpqrstvwxz2456789), for generateName.
std::string random_name_suffix(std::size_t length);

bool is_valid_utf8(std::string_view text);

}  // namespace limen::base
