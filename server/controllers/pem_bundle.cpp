#include "controllers/pem_bundle.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <climits>
#include <ctime>
#include <memory>
#include <set>
#include <utility>

#include "base/strings.h"

namespace limen::controllers {

namespace {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using CertificatePtr = std::unique_ptr<X509, Free>;

constexpr std::size_t kLineLength = 64;

// Without it OpenSSL would ask for the password of an encrypted block on the terminal.
int no_password(char*, int, int, void*) { return -1; }

// Empty when it cannot be read.
BundledCertificate read(const X509& certificate) {
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &end) != 1) return {};
  unsigned char* bytes = nullptr;
  const int length = i2d_X509(&certificate, &bytes);
  if (length <= 0) return {};
  BundledCertificate out{
      std::string(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(length)),
      std::chrono::system_clock::from_time_t(timegm(&end))};
  OPENSSL_free(bytes);
  return out;
}

bool at_the_end() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

}  // namespace

std::string BundledCertificate::pem() const {
  const std::string text = base::base64_encode(der);
  std::string out = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < text.size(); at += kLineLength) {
    out.append(text, at, kLineLength).push_back('\n');
  }
  return out += "-----END CERTIFICATE-----\n";
}

PemBundle PemBundle::parse(std::string_view pem) {
  PemBundle bundle;
  if (pem.size() > INT_MAX) return bundle;
  const std::unique_ptr<BIO, Free> source(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (source == nullptr) return bundle;
  std::set<std::string> seen;
  // Each round reads on, so it comes to an end.
  while (BIO_pending(source.get()) > 0) {
    ERR_clear_error();
    const CertificatePtr next(PEM_read_bio_X509(source.get(), nullptr, no_password, nullptr));
    if (next == nullptr && at_the_end()) break;
    BundledCertificate certificate = next == nullptr ? BundledCertificate{} : read(*next);
    if (certificate.der.empty()) {
      ++bundle.unreadable;
    } else if (seen.insert(certificate.der).second) {
      bundle.certificates.push_back(std::move(certificate));
    }
  }
  ERR_clear_error();
  return bundle;
}

}  // namespace limen::controllers
