// ClientAuthorities: the certificate authorities the authenticators go by, for those who ask: TLS
// clients are told in the handshake, API servers that extend this one in a ConfigMap.
//
// Only the x509 and request-header modules have such authorities. They look after the files
// themselves; here the same files are read once more, by the same rule: one that cannot be used
// leaves the last good state. Thread rule: any thread, but follow() from one.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "controllers/authentication_trust.h"
#include "modules/generation.h"

namespace limen::app {

class ClientAuthorities {
 public:
  // Goes by these authenticators from now on, and reads their files.
  void follow(const std::vector<modules::Generation::Authenticator>& authenticators);
  // The files, each once, in no order.
  std::vector<std::string> files() const;
  // Reads the files again. True when trust() has changed.
  bool reload();

  controllers::AuthenticationTrust trust() const;
  // All authorities together, PEM.
  std::string all() const;

 private:
  std::string bundle_of(const std::vector<std::string>& files) const;
  void read_all();
  controllers::AuthenticationTrust trust_now() const;

  mutable std::mutex mutex_;
  std::vector<std::string> client_files_, front_proxy_files_;
  controllers::AuthenticationTrust front_proxies_;  // without the bundles
  std::map<std::string, std::string> pem_by_file_;  // the last good certificates
};

}  // namespace limen::app
