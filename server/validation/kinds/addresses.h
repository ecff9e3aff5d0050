// IP addresses and CIDR blocks as API fields write them.
#pragma once

#include <string_view>

namespace limen::validation {

// An IPv4 address (four decimal octets without leading zeros) or an IPv6 address (RFC 4291).
bool is_ip(std::string_view text);
// An address, a slash and a prefix length that fits it.
bool is_cidr(std::string_view text);
// Whether all of `inner` lies in `outer` and is less than it. Both must be blocks.
bool is_within(std::string_view inner, std::string_view outer);

}  // namespace limen::validation
