// The credentials of HTTP's Basic scheme (RFC 7617).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace limen::plugins {

struct BasicCredentials {
  std::string user, password;
};

// Reads the value of an Authorization header: "Basic", in any case, one or more spaces, and base64
// (RFC 4648 section 4, padded) of user, colon, password; only the first colon separates. Nothing
// when the value is of another scheme or malformed.
std::optional<BasicCredentials> parse_basic(std::string_view header);

}  // namespace limen::plugins
