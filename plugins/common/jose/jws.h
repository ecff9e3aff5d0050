// Jws: a signed token taken apart, not yet verified (compact form, RFC 7515 section 7.1).
//
// Nothing in it may be believed before the signature is checked with a key of one's own: a header
// that brings a key or says where to fetch one is refused, and so is one that demands an extension.
// Immutable; owns its texts.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/jose/algorithm.h"

namespace limen::plugins::jose {

inline constexpr std::size_t kMaxTokenBytes = 64 * 1024;
inline constexpr std::size_t kMaxHeaderBytes = 8 * 1024;  // decoded

// What is wrong with a token; never holds a part of it.
class JwsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Jws {
  Algorithm algorithm = Algorithm::rs256;
  std::string key_id;         // "kid"; empty when there is none
  std::string payload;        // bytes, unverified
  std::string signing_input;  // what the signature is about
  std::string signature;      // bytes
};

// The "iss" a token claims to have: good for choosing who shall judge it, and for nothing else.
// Nothing when the text is no JWS with a JSON payload, or has none.
std::optional<std::string> unverified_issuer(std::string_view token);

// Throws JwsError.
Jws parse_jws(std::string_view token);

// The payload as claims (RFC 7519). Throws JwsError when it is no JSON object.
boost::json::object claims_of(const Jws& jws);

}  // namespace limen::plugins::jose
