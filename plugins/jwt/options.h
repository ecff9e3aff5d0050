// The module's config: issuers and what their tokens must say. The shape is that of Kubernetes'
// AuthenticationConfiguration where it has one. Immutable; any thread.
#pragma once

#include <cstdint>
#include <limen/cpp/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/jose/algorithm.h"

namespace limen::plugins::jwt {

extern const char* const kSchema;

// Where a value stands in a token: a claim by its name, or a JSON pointer (RFC 6901) into nested
// claims, such as /realm_access/roles. Empty: nowhere.
struct ClaimPath {
  std::string claim, pointer;
  bool empty() const { return claim.empty() && pointer.empty(); }
};

struct Mapping {
  ClaimPath from;
  std::string prefix;
};

struct ExtraMapping {
  std::string key;  // a qualified name in lower case, such as example.com/tenant
  ClaimPath from;
};

struct RequiredClaim {
  ClaimPath from;
  std::string value;
};

struct IssuerOptions {
  std::string url;              // https; what `iss` must be, to the letter
  std::string discovery_url;    // of the OpenID configuration
  std::string ca_pem, ca_file;  // of its TLS certificate; both empty: the system's trust store
  std::vector<std::string> audiences;  // a token must be for one of them
  std::vector<jose::Algorithm> algorithms;
  Mapping username, groups;
  ClaimPath uid;
  std::vector<ExtraMapping> extra;
  std::vector<RequiredClaim> required;
  // Names that no token may have, after prefixing: what the server's own users begin with.
  std::vector<std::string> forbidden_prefixes;
  std::int64_t refresh_seconds = 600;
};

// Throws ConfigError that names the issuer and the key.
std::vector<IssuerOptions> read_issuers(Node config);

}  // namespace limen::plugins::jwt
