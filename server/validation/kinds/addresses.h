// IP addresses and CIDR blocks as API fields write them.
#pragma once

#include <string_view>

namespace limen::validation {

// An IPv4 address (four decimal octets without leading zeros) or an IPv6 address (RFC 4291).
bool is_ip(std::string_view text);
// An address, a slash and a prefix length that fits it.
bool is_cidr(std::string_view text);

}  // namespace limen::validation
