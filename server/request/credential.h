// Credential: what a request was let in by, as far as it can be named without being told.
//
// For revocation: digests and public names, never the secret itself. Immutable once made.
#pragma once

#include <string>

namespace limen::request {

struct Credential {
  std::string user{};                // the name it stands for, before impersonation
  std::string token_sha256{};        // of the bearer token or the Basic password, lower-case hex
  std::string jwt_id{};              // `jti` of a JSON Web Token (RFC 7519)
  std::string certificate_serial{};  // of the client's certificate; hex, no leading zeros
  std::string certificate_sha256{};  // of its DER form, lower-case hex
};

}  // namespace limen::request
