#include "common/certificates/certificate.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <climits>
#include <ctime>
#include <stdexcept>
#include <utility>

namespace limen::plugins {

namespace {

// All blocks of one kind, other blocks skipped.
template <class Ptr, auto Read>
std::vector<Ptr> parse_blocks(std::string_view pem, const std::string& kind) {
  if (pem.size() > INT_MAX) throw std::runtime_error("is too large");
  const std::unique_ptr<BIO, OpensslFree<BIO_free_all>> source(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (source == nullptr) throw std::runtime_error(take_openssl_error());
  std::vector<Ptr> list;
  for (;;) {
    Ptr next(Read(source.get(), nullptr, nullptr, nullptr));
    if (next != nullptr) {
      list.push_back(std::move(next));
      continue;
    }
    const unsigned long error = ERR_peek_last_error();
    if (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE) {
      ERR_clear_error();
      return list;
    }
    throw std::runtime_error(kind + " " + std::to_string(list.size() + 1) +
                             " cannot be read: " + take_openssl_error());
  }
}

std::string encode(const X509& certificate) {
  unsigned char* bytes = nullptr;
  const int length = i2d_X509(&certificate, &bytes);
  std::string der(reinterpret_cast<char*>(bytes),
                  length < 0 ? 0 : static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  return der;
}

}  // namespace

CertificatePtr parse_der(std::string_view der) {
  if (der.size() > LONG_MAX) return nullptr;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = at + der.size();
  CertificatePtr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate == nullptr) ERR_clear_error();
  if (certificate == nullptr || at != end) return nullptr;
  return encode(*certificate) == der ? std::move(certificate) : nullptr;
}

CertificateList parse_pem(std::string_view pem) {
  return parse_blocks<CertificatePtr, PEM_read_bio_X509>(pem, "certificate");
}

std::vector<CrlPtr> parse_crls(std::string_view bytes) {
  if (bytes.find("-----BEGIN") != std::string_view::npos) {
    std::vector<CrlPtr> list = parse_blocks<CrlPtr, PEM_read_bio_X509_CRL>(bytes, "CRL");
    if (list.empty()) throw std::runtime_error("holds no CRL");
    return list;
  }
  if (bytes.size() > LONG_MAX) throw std::runtime_error("holds no CRL");
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* const end = at + bytes.size();
  CrlPtr crl(d2i_X509_CRL(nullptr, &at, static_cast<long>(bytes.size())));
  if (crl == nullptr) ERR_clear_error();
  if (crl == nullptr || at != end) throw std::runtime_error("holds no CRL, neither PEM nor DER");
  std::vector<CrlPtr> list;
  list.push_back(std::move(crl));
  return list;
}

std::string serial_number(const X509& certificate) {
  const std::unique_ptr<BIGNUM, OpensslFree<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
  if (number == nullptr) return "?";
  char* const digits = BN_bn2dec(number.get());
  std::string text = digits == nullptr ? "?" : digits;
  OPENSSL_free(digits);
  return text;
}

std::optional<std::int64_t> seconds_of(const ASN1_TIME* time) {
  std::tm when{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &when) != 1) return std::nullopt;
  return static_cast<std::int64_t>(::timegm(&when));
}

std::int64_t not_after(const X509& certificate) {
  return seconds_of(X509_get0_notAfter(&certificate)).value_or(INT64_MIN);
}

std::string take_openssl_error() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "unknown OpenSSL error" : reason;
}

}  // namespace limen::plugins
