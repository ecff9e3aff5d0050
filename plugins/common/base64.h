// Base64 with padding (RFC 4648 section 4). Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace limen::plugins {

std::string base64_encode(std::string_view bytes);
// Strict: no white space, no missing padding. Nothing when the text is not base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace limen::plugins
