// What a front proxy says of a user in request headers.
//
// Pure functions of their input; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limen::plugins {

// Names in lower case, each list in the order of preference.
struct ProxyHeaderNames {
  std::vector<std::string> user, groups, extra_prefixes, uid;
};

struct ProxiedUser {
  std::string name;  // empty: the request names nobody
  std::string uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::string>> extra;  // keys decoded, in lower case
};

using HeaderList = std::vector<std::pair<std::string_view, std::string_view>>;

// Lower case in ASCII alone.
std::string to_lower(std::string_view text);

// The first header of each list with a value names the user and the UID; all group headers and all
// headers with one of the prefixes count. Names are compared as a whole, whatever their case: an
// underscore is not a hyphen. Throws std::runtime_error when a header that may come once comes
// twice, when a value or decoded key is not UTF-8 or holds a control character, and for an extra
// key that is empty: requests like these are made to be read differently by proxy and server.
ProxiedUser user_of(const HeaderList& headers, const ProxyHeaderNames& names);

// The bytes of %XX sequences (RFC 3986 section 2.1); text with a malformed one stays as it is.
std::string percent_decode(std::string_view text);

}  // namespace limen::plugins
