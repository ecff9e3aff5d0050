// Certificates and revocation lists as OpenSSL holds them, owned.
#pragma once

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limen::plugins {

template <auto Free>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using CertificatePtr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using CertificateList = std::vector<CertificatePtr>;
using CrlPtr = std::unique_ptr<X509_CRL, OpensslFree<X509_CRL_free>>;

// One certificate from DER (ITU-T X.690); null unless all bytes are one certificate in its one DER
// encoding: another encoding of a certificate would have another fingerprint.
CertificatePtr parse_der(std::string_view der);

// All certificates of PEM text (RFC 7468), other blocks skipped. Throws std::runtime_error naming
// the certificate, by number, that cannot be read.
CertificateList parse_pem(std::string_view pem);

// Certificate revocation lists (RFC 5280 section 5): all of PEM text, or the one DER holds. Throws
// std::runtime_error when there is none or one cannot be read.
std::vector<CrlPtr> parse_crls(std::string_view bytes);

// The serial number in decimal, for messages.
std::string serial_number(const X509& certificate);

// Seconds since 1970; nothing when the time cannot be read.
std::optional<std::int64_t> seconds_of(const ASN1_TIME* time);

// When the certificate ends to be valid, in seconds since 1970; INT64_MIN when that cannot be read.
std::int64_t not_after(const X509& certificate);

// The newest error of OpenSSL's queue of this thread, which is emptied.
std::string take_openssl_error();

}  // namespace limen::plugins
