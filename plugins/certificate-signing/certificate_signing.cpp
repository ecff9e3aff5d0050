// certificate-signing: a certificate is issued, or its conditions are written, only by those who
// may sign for its signer (CertificateSigning).
#include <string>

#include "common/signer_rights.h"
#include "limen/cpp/plugin.hpp"

namespace {

class CertificateSigning final : public limen::Admission {
 public:
  explicit CertificateSigning(limen::Host& host) : host_(host) {}

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is("certificates.k8s.io", "certificatesigningrequests", "status")) return {};
    const limen::Node now = call.object()["status"], before = call.old_object()["status"];
    const bool same = now["certificate"].to_json() == before["certificate"].to_json() &&
                      now["conditions"].to_json() == before["conditions"].to_json();
    if (same) return {};
    const std::string signer = call.old_object().at("/spec/signerName").string_or("");
    return limen::plugins::check_signer(host_, call, "sign", signer, "sign requests with");
  }

 private:
  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<CertificateSigning>(
    {.id = "certificate-signing",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Lets certificates be issued by those who may sign for their signer.",
     .required = {LIMEN_ACCESS},
     .operations = limen::kUpdate}))
