// What a service account token says: the claims of bound tokens and those of legacy ones.
//
// Bound tokens (TokenRequest) come from one of the configured issuers, end by themselves, and may
// be tied to a Pod, Secret or Node. Legacy ones lie in a Secret, come from
// kubernetes/serviceaccount and never end. Immutable once read; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limen::plugins::service_account {

inline constexpr std::string_view kLegacyIssuer = "kubernetes/serviceaccount";

struct Reference {
  std::string name, uid;
};

struct Claims {
  std::string issuer, subject, id;
  std::vector<std::string> audiences;
  std::optional<std::int64_t> expires, not_before, issued_at;  // seconds since 1970
  std::string ns;
  Reference account;
  std::optional<Reference> pod, secret, node;  // of bound tokens
  std::int64_t warn_after = 0;  // of extended tokens: when it should have been renewed
  std::string secret_name;      // of legacy tokens: where it lies

  bool is_legacy() const { return issuer == kLegacyIssuer; }
};

// The claims of a payload. Throws std::runtime_error that names a claim of the wrong type; a
// missing one reads as empty.
Claims read_claims(const boost::json::object& payload);

// The payload of a bound token, compact JSON.
std::string write_claims(const Claims& claims);

// system:serviceaccount:NAMESPACE:NAME
std::string user_name(std::string_view ns, std::string_view name);

}  // namespace limen::plugins::service_account
