#include "app/certificate_bundle.h"

#include <stdexcept>

#include "app/files.h"
#include "controllers/pem_bundle.h"

namespace limen::app {

namespace {
constexpr std::size_t kMaxFileBytes = 16u << 20;  // as the modules
}  // namespace

CertificateBundle read_certificate_bundle(const std::string& file) {
  CertificateBundle out{read_file(file, kMaxFileBytes), {}};
  const controllers::PemBundle bundle = controllers::PemBundle::parse(out.text);
  if (bundle.unreadable > 0) {
    throw std::runtime_error(file + ": holds a certificate that cannot be read");
  }
  if (bundle.certificates.empty()) {
    throw std::runtime_error(file + ": holds no certificate in PEM form");
  }
  for (const auto& certificate : bundle.certificates) out.certificates += certificate.pem();
  return out;
}

}  // namespace limen::app
