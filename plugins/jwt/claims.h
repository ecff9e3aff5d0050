// From the claims of a verified token to a user. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "options.h"

namespace limen::plugins::jwt {

// Why the claims are not good enough; never holds what they say.
class ClaimsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct User {
  std::string name, uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::string>> extra;  // one pair a value
  std::string token_id;                                    // `jti`; empty when there is none
  std::int64_t expires = 0;                                // seconds since 1970
};

// How far ahead the issuer's clock may be (nbf), in seconds. An expiry has no leeway.
inline constexpr std::int64_t kNotBeforeLeeway = 300;

// Throws ClaimsError. `now` in seconds since 1970.
User user_of(const boost::json::object& claims, const IssuerOptions& issuer, std::int64_t now);

}  // namespace limen::plugins::jwt
