// UTF-8 well-formedness (RFC 3629).
#pragma once

#include <cstddef>
#include <string_view>

namespace limen::base {

// The length of the well-formed sequence that `text` begins with: 1 to 4, or 0 when it is not one
// (overlong forms, surrogates and code points past U+10FFFF are not).
std::size_t utf8_sequence_length(std::string_view text);

}  // namespace limen::base
