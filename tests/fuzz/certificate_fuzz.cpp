// Certificates, revocation lists and denylists from anywhere are read or refused, never worse. A
// name that is read holds no NUL; a certificate is found in the denylist that names it; a list that
// an authority did not sign never counts as its own.
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/certificates/crls.h"
#include "common/certificates/denylist.h"
#include "common/certificates/identity.h"
#include "common/digest.h"

using namespace limen::plugins;

namespace {

// The authority that signed the lists of the corpus.
constexpr std::string_view kAuthority = R"(-----BEGIN CERTIFICATE-----
MIIBrTCCAVOgAwIBAgIUQotRxOu1Ak9jeOHIOxKzuvN/IZMwCgYIKoZIzj0EAwIw
IzENMAsGA1UECgwEZnV6ejESMBAGA1UEAwwJYXV0aG9yaXR5MCAXDTI2MTEyNzE5
NDYxMloYDzIxMDkwMTE2MTk0NjEyWjAjMQ0wCwYDVQQKDARmdXp6MRIwEAYDVQQD
DAlhdXRob3JpdHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQE0Y0syUr56rgU
itFzJ5NsL8FXb5UZiQbgxmnrLYUq1W90SXOXzO0iKRi/L72FhPnfCtHkSh87zIQz
+NljyqmOo2MwYTAdBgNVHQ4EFgQURyzN3M67+6OeW4LxDi7RtDYQC80wHwYDVR0j
BBgwFoAURyzN3M67+6OeW4LxDi7RtDYQC80wDwYDVR0TAQH/BAUwAwEB/zAOBgNV
HQ8BAf8EBAMCAQYwCgYIKoZIzj0EAwIDSAAwRQIgY1VwNRvRZek+J4JAUQvgMHD3
0z+2nWyNy3dTrlu8RcsCIQC8o23qOgE0UqWWwen6oFwTQYZNQ0dUaguvRgfcFPEI
zQ==
-----END CERTIFICATE-----
)";
constexpr std::int64_t kNow = 1767225600;

X509& authority() {
  static const CertificateList list = parse_pem(kAuthority);
  return *list.front();
}

void read_certificate(std::string_view der) {
  const CertificatePtr certificate = parse_der(der);
  if (certificate == nullptr) return;
  static_cast<void>(serial_number(*certificate));
  static_cast<void>(not_after(*certificate));
  const std::string entry = "cert-sha256 " + to_hex(sha256({der}));
  if (!Denylist::parse(entry, "list").lists(*certificate)) std::abort();
  const CertificateIdentity identity = identity_of(*certificate);
  if (identity.name.find('\0') != std::string::npos) std::abort();
  for (const std::string& group : identity.groups) {
    if (group.find('\0') != std::string::npos) std::abort();
  }
}

void read_crls(std::string_view bytes) {
  CertificateList authorities = parse_pem(kAuthority);
  Crls crls(ExpiredCrl::refuse);
  crls.add(bytes, "file", authorities);
  static_cast<void>(crls.remarks(kNow));
  static_cast<void>(crls.check(authority(), authority(), kNow));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    switch (data[0] % 4) {
      case 0:
        read_certificate(bytes);
        break;
      case 1:
        static_cast<void>(parse_pem(bytes));
        break;
      case 2:
        read_crls(bytes);
        break;
      default:
        static_cast<void>(Denylist::parse(bytes, "list").lists(authority()));
    }
  } catch (const std::runtime_error&) {
    return 0;
  }
  return 0;
}
