// Keys as others publish them: JSON Web Keys and sets of them (RFC 7517, RFC 7518 section 6, RFC
// 8037).
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/jose/key.h"

namespace limen::plugins::jose {

inline constexpr std::size_t kMaxKeySetBytes = 1024 * 1024;
inline constexpr std::size_t kMaxKeys = 256;

struct Jwk {
  std::string key_id;  // "kid", the publisher's name for it; empty when it has none
  VerificationKey key;
};

// A public key that verifies. "alg", when there is one, is the only algorithm it is used with.
// Throws std::runtime_error for another use ("use", "key_ops"), a private or shared key, a kind
// that is not known, numbers that are no key, and a weak one.
Jwk parse_jwk(const boost::json::object& jwk, std::span<const Algorithm> allowed);

// The keys of a set that verify; those that parse_jwk refuses are left out, as RFC 7517 section 5
// wants it. Throws std::runtime_error when the text is no set, and for a set that nobody ought to
// publish: one with private or shared keys in it, or with two keys of one name.
std::vector<Jwk> parse_jwks(std::string_view text, std::span<const Algorithm> allowed);

}  // namespace limen::plugins::jose
