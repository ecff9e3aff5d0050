// Who a request comes from. Kubernetes' user.Info.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace limen::request {

struct Identity {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
  bool in_group(std::string_view group) const {
    for (const std::string& candidate : groups)
      if (candidate == group) return true;
    return false;
  }
};

// The extra key under which an authenticator names the credential itself: "JTI=..." for a JSON Web
// Token, "X509SHA256=..." for a certificate.
inline constexpr std::string_view kCredentialIdKey = "authentication.kubernetes.io/credential-id";
inline std::string_view jwt_id_of(const Identity& identity) {
  constexpr std::string_view kPrefix = "JTI=";
  for (const auto& [key, values] : identity.extra) {
    if (key != kCredentialIdKey) continue;
    for (const std::string_view value : values)
      if (value.starts_with(kPrefix)) return value.substr(kPrefix.size());
  }
  return {};
}

inline constexpr std::string_view kAnonymousUser = "system:anonymous";
inline constexpr std::string_view kUnauthenticatedGroup = "system:unauthenticated";
inline constexpr std::string_view kAuthenticatedGroup = "system:authenticated";
inline constexpr std::string_view kMastersGroup = "system:masters";

}  // namespace limen::request
