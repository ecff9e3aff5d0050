#include "app/front_proxy.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <vector>

#include "app/files.h"

namespace limen::app {

namespace {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Certificates = std::vector<std::unique_ptr<X509, Free>>;

constexpr std::size_t kMaxFileBytes = 16u << 20;

void read_authorities(const std::string& file, Certificates& out) {
  std::string pem;
  try {
    pem = read_file(file, kMaxFileBytes);
  } catch (const std::runtime_error&) {
    return;
  }
  const std::unique_ptr<BIO, Free> source(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (X509* const next = PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)) {
    out.emplace_back(next);
  }
  ERR_clear_error();
}

Certificates authorities_of(const config::ModuleEntry& entry) {
  Certificates out;
  if (!entry.config.is_object()) return out;
  const auto& config = entry.config.as_object();
  if (const auto* file = config.if_contains("clientCAFile"); file != nullptr && file->is_string()) {
    read_authorities(std::string(file->as_string()), out);
  }
  const auto* files = config.if_contains("clientCAFiles");
  if (files == nullptr || !files->is_array()) return out;
  for (const auto& file : files->as_array()) {
    if (file.is_string()) read_authorities(std::string(file.as_string()), out);
  }
  return out;
}

bool lists_allowed_names(const config::ModuleEntry& entry) {
  if (!entry.config.is_object()) return false;
  const auto* names = entry.config.as_object().if_contains("allowedNames");
  return names != nullptr && names->is_array() && !names->as_array().empty();
}

// True when what `clients` signs leads to `proxies` too.
bool leads_to(X509* clients, X509* proxies) {
  if (EVP_PKEY_eq(X509_get0_pubkey(clients), X509_get0_pubkey(proxies)) == 1) return true;
  const bool below = X509_check_issued(proxies, clients) == X509_V_OK &&
                     X509_verify(clients, X509_get0_pubkey(proxies)) == 1;
  ERR_clear_error();
  return below;
}

bool overlap(const Certificates& clients, const Certificates& proxies) {
  for (const auto& client : clients) {
    for (const auto& proxy : proxies) {
      if (leads_to(client.get(), proxy.get())) return true;
    }
  }
  return false;
}

}  // namespace

std::string shared_proxy_authority(const config::ServerConfiguration& configuration) {
  for (const config::ModuleEntry& proxy : configuration.authenticators) {
    if (proxy.module != kFrontProxyModule || lists_allowed_names(proxy)) continue;
    const Certificates proxies = authorities_of(proxy);
    for (const config::ModuleEntry& client : configuration.authenticators) {
      if (client.module != kClientCertificateModule) continue;
      if (!overlap(authorities_of(client), proxies)) continue;
      return config::to_string(configuration.file, proxy.position) + ": " + proxy.name +
             " believes the headers of everybody with a client certificate, because " +
             client.name +
             " trusts the same authority: list the common names of the proxies in allowedNames, "
             "or give the proxies an authority of their own";
    }
  }
  return {};
}

}  // namespace limen::app
