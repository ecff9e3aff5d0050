#include "common/certificates/identity.h"

#include <openssl/objects.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "common/certificates/certificate.h"

namespace limen::plugins {

namespace {

constexpr const char* kUidType = "1.3.6.1.4.1.57683.2";

const ASN1_OBJECT* uid_type() {
  static const ASN1_OBJECT* const type = OBJ_txt2obj(kUidType, 1);
  return type;
}

std::string text_of(const X509_NAME_ENTRY& entry, const char* what) {
  unsigned char* bytes = nullptr;
  const int length = ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(&entry));
  if (length < 0) {
    take_openssl_error();
    throw std::runtime_error(std::string("the ") + what + " of the certificate is not text");
  }
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owned(
      bytes, [](unsigned char* p) { OPENSSL_free(p); });
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  if (text.find('\0') != std::string::npos) {
    throw std::runtime_error(std::string("the ") + what + " of the certificate holds a NUL");
  }
  return text;
}

}  // namespace

CertificateIdentity identity_of(const X509& certificate) {
  CertificateIdentity identity;
  std::vector<std::string> uids;
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
    const X509_NAME_ENTRY& entry = *X509_NAME_get_entry(subject, i);
    const ASN1_OBJECT* const type = X509_NAME_ENTRY_get_object(&entry);
    switch (OBJ_obj2nid(type)) {
      case NID_commonName:
        identity.name = text_of(entry, "common name");
        break;
      case NID_organizationName:
        identity.groups.push_back(text_of(entry, "organization"));
        break;
      default:
        if (OBJ_cmp(type, uid_type()) == 0) uids.push_back(text_of(entry, "UID"));
    }
  }
  if (uids.size() > 1) {
    throw std::runtime_error("expected 1 UID, but found " + std::to_string(uids.size()));
  }
  if (uids.size() == 1) {
    if (uids[0].empty()) throw std::runtime_error("UID cannot be an empty string");
    identity.uid = std::move(uids[0]);
  }
  return identity;
}

}  // namespace limen::plugins
