#include "proxy/tls_contexts.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <map>
#include <mutex>
#include <tuple>

namespace limen::proxy {

namespace {

constexpr std::size_t kMostKept = 64;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using Held = std::unique_ptr<T, Free>;

Held<BIO> reader(const std::string& pem) {
  return Held<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Held<X509> next_certificate(BIO* bio) {
  return Held<X509>(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
}

bool trust_authorities(SSL_CTX* context, const std::string& pem) {
  if (pem.empty()) return SSL_CTX_set_default_verify_paths(context) == 1;
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  const Held<BIO> bio = reader(pem);
  int count = 0;
  while (const Held<X509> certificate = next_certificate(bio.get())) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) return false;
    ++count;
  }
  // Any certificate given is an anchor, as it is for Go: it need not be a root.
  X509_VERIFY_PARAM_set_flags(X509_STORE_get0_param(store), X509_V_FLAG_PARTIAL_CHAIN);
  return count > 0;
}

bool show_certificate(SSL_CTX* context, const TlsTrust& trust) {
  const Held<BIO> certificates = reader(trust.client_cert_pem);
  const Held<X509> leaf = next_certificate(certificates.get());
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) return false;
  while (const Held<X509> next = next_certificate(certificates.get())) {
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) return false;
  }
  const Held<BIO> keys = reader(trust.client_key_pem);
  // A callback that gives nothing: an encrypted key must not ask at the terminal.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  const Held<EVP_PKEY> key(PEM_read_bio_PrivateKey(keys.get(), nullptr, no_password, nullptr));
  return key && SSL_CTX_use_PrivateKey(context, key.get()) == 1 &&
         SSL_CTX_check_private_key(context) == 1;
}

TlsContextPtr make(const TlsTrust& trust, std::string& error) {
  TlsContextPtr context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) {
    error = "out of memory";
    return nullptr;
  }
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  // A peer that closes without close_notify has ended; where a length was promised, that is judged
  // by the length.
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context.get(), kHttp11, sizeof kHttp11 - 1);
  SSL_CTX_set_verify(context.get(), trust.skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  if (!trust.skip_verify && !trust_authorities(context.get(), trust.ca_pem)) {
    error = "the certificate authorities to trust cannot be read";
  } else if (!trust.client_cert_pem.empty() && !show_certificate(context.get(), trust)) {
    error = "the client certificate or its key cannot be used";
  }
  ERR_clear_error();
  return error.empty() ? context : nullptr;
}

}  // namespace

TlsContextPtr tls_context(const TlsTrust& trust, std::string& error) {
  using Key = std::tuple<std::string, std::string, std::string, bool>;
  static std::mutex mutex;
  static std::map<Key, TlsContextPtr> kept;
  Key key(trust.ca_pem, trust.client_cert_pem, trust.client_key_pem, trust.skip_verify);
  const std::lock_guard lock(mutex);
  if (const auto found = kept.find(key); found != kept.end()) return found->second;
  TlsContextPtr context = make(trust, error);
  if (!context) return nullptr;
  if (kept.size() == kMostKept) kept.clear();
  kept.emplace(std::move(key), context);
  return context;
}

}  // namespace limen::proxy
