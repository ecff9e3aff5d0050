#include "trust.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace limen::plugins {

namespace {

constexpr int kMinimumStrength = 1;  // OpenSSL's security level: 80 bits

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using Stack = std::unique_ptr<STACK_OF(X509), FreeStack>;

std::string read_file(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in || errno != 0)
    throw std::runtime_error(path + ": " + std::strerror(errno != 0 ? errno : EIO));
  return text;
}

// RFC 5280 section 4.2.1.12: without the extension a certificate serves every use.
bool allows_client_authentication(X509* certificate) {
  const std::uint32_t flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_XKUSAGE) == 0) return true;
  return (X509_get_extended_key_usage(certificate) & (XKU_SSL_CLIENT | XKU_ANYEKU)) != 0;
}

[[noreturn]] void refuse(const X509& leaf, const std::string& why) {
  throw std::runtime_error("verifying certificate SN=" + serial_number(leaf) + " failed: " + why);
}

CertificatePtr parse_presented(std::string_view der) {
  CertificatePtr certificate = der.size() > kMaxCertificateBytes ? nullptr : parse_der(der);
  if (certificate == nullptr) throw std::runtime_error("a presented certificate cannot be read");
  return certificate;
}

}  // namespace

Trust::Trust(const std::vector<std::string>& files) : store_(X509_STORE_new()) {
  if (store_ == nullptr) throw std::runtime_error(take_openssl_error());
  for (const std::string& file : files) {
    CertificateList authorities;
    const std::string pem = read_file(file);
    try {
      authorities = parse_pem(pem);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(file + ": " + error.what());
    }
    if (authorities.empty()) throw std::runtime_error(file + ": holds no certificate in PEM form");
    for (const CertificatePtr& authority : authorities) {
      if (X509_STORE_add_cert(store_.get(), authority.get()) != 1) {
        throw std::runtime_error(file + ": " + take_openssl_error());
      }
    }
  }
}

Verified Trust::verify(const std::vector<std::string_view>& chain, std::int64_t now) const {
  if (chain.empty() || chain.size() > kMaxChainLength) {
    throw std::runtime_error("a chain of 1 to " + std::to_string(kMaxChainLength) +
                             " certificates is expected, not of " + std::to_string(chain.size()));
  }
  Verified verified;
  verified.leaf = parse_presented(chain[0]);
  const Stack intermediates(sk_X509_new_null());
  for (std::size_t i = 1; i < chain.size() && intermediates != nullptr; ++i) {
    CertificatePtr next = parse_presented(chain[i]);
    if (sk_X509_push(intermediates.get(), next.get()) > 0) next.release();
  }
  const std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>> context(
      X509_STORE_CTX_new());
  if (intermediates == nullptr || context == nullptr ||
      X509_STORE_CTX_init(context.get(), store_.get(), verified.leaf.get(), intermediates.get()) !=
          1) {
    refuse(*verified.leaf, take_openssl_error());
  }
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(rules, static_cast<time_t>(now));
  X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(kMaxChainLength));
  X509_VERIFY_PARAM_set_auth_level(rules, kMinimumStrength);
  if (X509_verify_cert(context.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(context.get());
    take_openssl_error();
    refuse(*verified.leaf, X509_verify_cert_error_string(error));
  }
  STACK_OF(X509)* const path = X509_STORE_CTX_get0_chain(context.get());
  verified.valid_until = INT64_MAX;
  for (int i = 0; i < sk_X509_num(path); ++i) {
    X509* const certificate = sk_X509_value(path, i);
    if (!allows_client_authentication(certificate)) {
      refuse(*verified.leaf, "certificate specifies an incompatible key usage");
    }
    verified.valid_until = std::min(verified.valid_until, not_after(*certificate));
  }
  return verified;
}

}  // namespace limen::plugins
