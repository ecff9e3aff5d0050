// certificate-approval: a certificate is approved only by those who may approve for its signer
// (CertificateApproval).
#include <string>

#include "common/signer_rights.h"
#include "limen/cpp/plugin.hpp"

namespace {

class CertificateApproval final : public limen::Admission {
 public:
  explicit CertificateApproval(limen::Host& host) : host_(host) {}

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is("certificates.k8s.io", "certificatesigningrequests", "approval")) return {};
    // The stored one: a caller who changes the signer's name here must not profit by it.
    const std::string signer = call.old_object().at("/spec/signerName").string_or("");
    return limen::plugins::check_signer(host_, call, "approve", signer, "approve requests with");
  }

 private:
  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<CertificateApproval>(
    {.id = "certificate-approval",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Lets certificates be approved by those who may approve for their signer.",
     .required = {LIMEN_ACCESS},
     .operations = limen::kUpdate}))
