#include "transport/certificates_by_name.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

#include "base/strings.h"

namespace limen::transport {

namespace {

std::vector<std::string> names_of(SSL_CTX* context) {
  std::vector<std::string> names;
  X509* const certificate = SSL_CTX_get0_certificate(context);
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type != GEN_DNS) continue;
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                       static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  return names;
}

}  // namespace

void CertificatesByName::add(const std::vector<std::string>& names,
                             Poco::Net::Context::Ptr context) {
  const bool given = !names.empty();
  for (const std::string& name : given ? names : names_of(context->sslContext())) {
    (given ? given_ : own_).emplace(base::to_lower(name), context);
  }
}

ssl_ctx_st* CertificatesByName::find_in(const Names& names, std::string_view name) {
  if (const auto found = names.find(name); found != names.end()) return found->second->sslContext();
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  const auto found = names.find("*" + std::string(name.substr(dot)));
  return found == names.end() ? nullptr : found->second->sslContext();
}

ssl_ctx_st* CertificatesByName::find(std::string_view name) const {
  const std::string lower = base::to_lower(name);
  ssl_ctx_st* const found = find_in(given_, lower);
  return found != nullptr ? found : find_in(own_, lower);
}

}  // namespace limen::transport
