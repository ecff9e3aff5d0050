// certificate-subject-restriction: nobody gets a client certificate that makes them a member of
// system:masters, who may do everything (CertificateSubjectRestriction).
#include <openssl/x509.h>

#include <optional>
#include <string>
#include <vector>

#include "common/base64.h"
#include "common/certificate_request.h"
#include "limen/cpp/plugin.hpp"

namespace {

constexpr std::string_view kClientSigner = "kubernetes.io/kube-apiserver-client";
constexpr std::string_view kMasters = "system:masters";

// The organizations of a certificate request; nothing when one of them cannot be read.
std::optional<std::vector<std::string>> organizations(const X509_REQ* request) {
  const X509_NAME* subject = X509_REQ_get_subject_name(request);
  std::vector<std::string> out;
  for (int at = -1;;) {
    at = X509_NAME_get_index_by_NID(subject, NID_organizationName, at);
    if (at < 0) return out;
    unsigned char* raw = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&raw, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size < 0) return std::nullopt;
    const limen::plugins::detail::Bytes<unsigned char> text(raw);
    out.emplace_back(reinterpret_cast<const char*>(text.get()), static_cast<std::size_t>(size));
  }
}

class CertificateSubjectRestriction final : public limen::Admission {
 public:
  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is("certificates.k8s.io", "certificatesigningrequests")) return {};
    const limen::Node spec = call.object()["spec"];
    if (spec["signerName"].view_or("") != kClientSigner) return {};
    const auto pem = limen::plugins::base64_decode(spec["request"].view_or(""));
    const auto read = limen::plugins::read_certificate_request(pem.value_or(""));
    if (!read.error.empty()) return call.deny("failed to parse CSR: " + read.error);
    const auto groups = organizations(read.request.get());
    if (!groups) return call.deny("failed to parse CSR: the certificate request is malformed");
    for (const std::string& group : *groups) {
      if (group != kMasters) continue;
      return call.deny("use of " + std::string(kClientSigner) + " signer with " +
                       std::string(kMasters) + " group is not allowed");
    }
    return {};
  }
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<CertificateSubjectRestriction>(
    {.id = "certificate-subject-restriction",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Refuses requests for client certificates of members of system:masters.",
     .operations = limen::kCreate}))
