#include "common/certificates/trust.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/text_file.h"

namespace limen::plugins {

namespace {

constexpr int kMinimumStrength = 1;  // OpenSSL's security level: 80 bits

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using Stack = std::unique_ptr<STACK_OF(X509), FreeStack>;

CertificateList read_authorities(const std::string& file) {
  const std::string pem = read_text_file(file, kMaxAuthorityFileBytes);
  CertificateList authorities;
  try {
    authorities = parse_pem(pem);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(file + ": " + error.what());
  }
  if (authorities.empty()) throw std::runtime_error(file + ": holds no certificate in PEM form");
  return authorities;
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

std::vector<std::string> TrustFiles::all() const {
  std::vector<std::string> files = authorities;
  files.insert(files.end(), crls.begin(), crls.end());
  if (!denylist.empty()) files.push_back(denylist);
  return files;
}

Trust::Trust(const TrustFiles& files) : store_(X509_STORE_new()), crls_(files.expired_crl) {
  if (store_ == nullptr) throw std::runtime_error(take_openssl_error());
  CertificateList all;
  for (const std::string& file : files.authorities) {
    for (CertificatePtr& authority : read_authorities(file)) {
      if (X509_STORE_add_cert(store_.get(), authority.get()) != 1) {
        throw std::runtime_error(file + ": " + take_openssl_error());
      }
      all.push_back(std::move(authority));
    }
  }
  for (const std::string& file : files.crls) crls_.add_file(file, all);
  if (!files.denylist.empty()) denylist_ = Denylist::read(files.denylist);
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
  try {
    verified.valid_until = check_path(X509_STORE_CTX_get0_chain(context.get()), now);
  } catch (const std::runtime_error& error) {
    refuse(*verified.leaf, error.what());
  }
  return verified;
}

// The path runs from the leaf to the authority.
std::int64_t Trust::check_path(STACK_OF(X509) * path, std::int64_t now) const {
  std::int64_t until = INT64_MAX;
  const int length = sk_X509_num(path);
  for (int i = 0; i < length; ++i) {
    X509* const certificate = sk_X509_value(path, i);
    if (!allows_client_authentication(certificate)) {
      throw std::runtime_error("certificate specifies an incompatible key usage");
    }
    if (denylist_.lists(*certificate)) throw std::runtime_error("certificate denied");
    if (i + 1 < length) {
      until = std::min(until, crls_.check(*certificate, *sk_X509_value(path, i + 1), now));
    }
    until = std::min(until, not_after(*certificate));
  }
  return until;
}

}  // namespace limen::plugins
