// x509: users named by TLS client certificates, as kube-apiserver's --client-ca-file.
//
// The TLS handshake asks for a certificate and proves that the client holds its key; whether the
// certificate counts is judged here, so that a bad one is a 401 and not a broken connection.

#include <limen/cpp/plugin.hpp>
#include <string>

#include "common/certificates/client_certificates.h"

namespace {

using limen::plugins::VerdictPtr;

const std::string kSchema = limen::plugins::trust_schema("");

constexpr const char* kCredentialIdKey = "authentication.kubernetes.io/credential-id";

class X509Authenticator final : public limen::Authenticator {
 public:
  X509Authenticator(limen::Host& host, limen::Node config)
      : certificates_(host, limen::plugins::trust_files_of(config)) {}

  static void check_config(limen::Node config, limen::Findings& findings) {
    limen::plugins::check_trust_files(config, findings);
  }

  limen::Result<void> start() override { return certificates_.start(); }

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    const limen::TextList presented = call.peer_certificates();
    if (presented.empty()) return {};
    const VerdictPtr verdict = certificates_.judge(presented);
    if (!verdict->error.empty()) return limen::Error{verdict->error, LIMEN_E_INVALID};
    if (verdict->identity.name.empty()) return {};
    call.accept(verdict->identity.name, verdict->identity.uid);
    for (const std::string& group : verdict->identity.groups) call.group(group);
    call.extra(kCredentialIdKey, verdict->credential_id);
    return {};
  }

 private:
  limen::plugins::ClientCertificates certificates_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<X509Authenticator>({
    .id = "x509",
    .version = "1.1.0",
    .vendor = "Limen",
    .summary = "Users named by TLS client certificates.",
    .config_schema = kSchema.c_str(),
}))
