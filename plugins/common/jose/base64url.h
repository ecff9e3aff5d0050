// base64url without padding (RFC 4648 section 5, RFC 7515 section 2), strictly.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace limen::plugins::jose {

std::string base64url_encode(std::string_view bytes);

// Nothing for padding, white space, characters of other alphabets, a length that cannot be, and
// bits left over that are not zero: each text of bytes has one form.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace limen::plugins::jose
