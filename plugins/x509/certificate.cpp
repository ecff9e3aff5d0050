#include "certificate.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <climits>
#include <ctime>
#include <stdexcept>
#include <utility>

namespace limen::plugins {

CertificatePtr parse_der(std::string_view der) {
  if (der.size() > LONG_MAX) return nullptr;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = at + der.size();
  CertificatePtr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate == nullptr) ERR_clear_error();
  return at == end ? std::move(certificate) : nullptr;
}

CertificateList parse_pem(std::string_view pem) {
  const std::unique_ptr<BIO, OpensslFree<BIO_free_all>> source(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (source == nullptr) throw std::runtime_error(take_openssl_error());
  CertificateList list;
  for (;;) {
    CertificatePtr next(PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr));
    if (next != nullptr) {
      list.push_back(std::move(next));
      continue;
    }
    const unsigned long error = ERR_peek_last_error();
    if (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE) {
      ERR_clear_error();
      return list;
    }
    throw std::runtime_error("certificate " + std::to_string(list.size() + 1) +
                             " cannot be read: " + take_openssl_error());
  }
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

std::int64_t not_after(const X509& certificate) {
  std::tm when{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &when) != 1) return INT64_MIN;
  return static_cast<std::int64_t>(::timegm(&when));
}

std::string take_openssl_error() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "unknown OpenSSL error" : reason;
}

}  // namespace limen::plugins
