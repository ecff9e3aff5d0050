// The kubeconfig of the administrator (kubectl's v1 Config).
#pragma once

#include <cstdint>
#include <string>

#include "app/pki.h"

namespace limen::app {

struct Kubeconfig {
  std::string server;     // https://127.0.0.1:6443
  std::string authority;  // PEM
  KeyPair client;
};

// The file's text; it holds the client's private key and must be stored with Privacy::secret.
std::string kubeconfig_text(const Kubeconfig& kubeconfig);

// https://HOST:PORT, IPv6 addresses in brackets (RFC 3986 section 3.2.2).
std::string https_url(const std::string& host, std::uint16_t port);

}  // namespace limen::app
