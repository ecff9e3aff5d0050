// certificate-subject-restriction: nobody gets a client certificate that makes them a member of
// system:masters, who may do everything (CertificateSubjectRestriction).
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base64.h"
#include "limen/cpp/plugin.hpp"

namespace {

constexpr std::string_view kClientSigner = "kubernetes.io/kube-apiserver-client";
constexpr std::string_view kMasters = "system:masters";

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

// The organizations of a certificate request in PEM (RFC 7468, PKCS #10); nothing when it is none.
std::optional<std::vector<std::string>> organizations(const std::string& pem) {
  const std::unique_ptr<BIO, Freed<BIO_free>> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509_REQ, Freed<X509_REQ_free>> request(
      bio == nullptr ? nullptr : PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (request == nullptr) return std::nullopt;
  const X509_NAME* subject = X509_REQ_get_subject_name(request.get());
  std::vector<std::string> out;
  for (int at = -1;;) {
    at = X509_NAME_get_index_by_NID(subject, NID_organizationName, at);
    if (at < 0) return out;
    unsigned char* text = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size < 0) return std::nullopt;
    out.emplace_back(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
  }
}

class CertificateSubjectRestriction final : public limen::Admission {
 public:
  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is("certificates.k8s.io", "certificatesigningrequests")) return {};
    const limen::Node spec = call.object()["spec"];
    if (spec["signerName"].view_or("") != kClientSigner) return {};
    const auto pem = limen::plugins::base64_decode(spec["request"].view_or(""));
    const auto groups = pem ? organizations(*pem) : std::nullopt;
    if (!groups)
      return call.deny("failed to parse CSR: PEM block type must be CERTIFICATE REQUEST");
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
