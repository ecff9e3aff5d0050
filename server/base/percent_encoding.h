// Percent-encoding (RFC 3986 section 2.1). Its other way is percent_decode in base/strings.h.
#pragma once

#include <string>
#include <string_view>

namespace limen::base {

// `text` with every byte but ASCII letters, digits and those of `plain` written as %XX. Any thread.
std::string percent_encode(std::string_view text, std::string_view plain);

}  // namespace limen::base
