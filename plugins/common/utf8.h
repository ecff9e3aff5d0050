// UTF-8 (RFC 3629). Pure function; any thread.
#pragma once

#include <string_view>

namespace limen::plugins {

// No overlong forms, no surrogates, nothing past U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace limen::plugins
