// AuthenticationTrust: whom this server believes, as it is told to API servers that extend it.
//
// They read it in the ConfigMap kube-system/extension-apiserver-authentication, in kube-apiserver's
// keys. Several servers share the ConfigMap, so each adds what it goes by and takes nothing away
// but certificates that have expired. Plain data; any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "object/document.h"

namespace limen::controllers {

inline constexpr std::string_view kTrustNamespace = "kube-system";
inline constexpr std::string_view kTrustConfigMap = "extension-apiserver-authentication";

struct AuthenticationTrust {
  std::string client_ca;  // PEM; empty: no client certificate counts

  // Of the front proxies; nothing of it is told without an authority.
  std::string front_proxy_ca;  // PEM
  std::vector<std::string> username_headers, uid_headers, group_headers, extra_header_prefixes;
  std::vector<std::string> allowed_names;  // empty: every certificate of front_proxy_ca

  bool operator==(const AuthenticationTrust&) const = default;
};

// Makes of the ConfigMap's `data` what is there together with `trust`: bundles and lists united,
// what was there first; certificates that expired more than five minutes before `now` left out. A
// value that cannot be read counts as none. Other keys stay. When the whole is more than a
// ConfigMap may hold (1 MiB), what was there is given up. Throws std::length_error when `trust`
// alone is.
void add_trust(boost::json::object& data, const AuthenticationTrust& trust,
               std::chrono::system_clock::time_point now);

}  // namespace limen::controllers
