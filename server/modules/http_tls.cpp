#include "modules/http_tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace limen::modules {

namespace {

constexpr std::size_t kMaxPemBytes = 4 * 1024 * 1024;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using BioPtr = std::unique_ptr<BIO, Freed<&BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<&X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<&EVP_PKEY_free>>;

std::string read_pem(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": " + std::strerror(errno));
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) throw std::runtime_error(path + ": cannot be read");
  if (text.empty()) throw std::runtime_error(path + ": is empty");
  if (text.size() > kMaxPemBytes) {
    throw std::runtime_error(path + ": is larger than " + std::to_string(kMaxPemBytes) + " bytes");
  }
  return text;
}

std::string part(const std::string& pem, const std::string& file) {
  return pem.empty() && !file.empty() ? read_pem(file) : pem;
}

BioPtr bio_of(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Never asks for a passphrase on a terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

// Null at the end of the text. Throws for a block that is no certificate.
X509Ptr next_certificate(BIO* bio, const char* what) {
  ERR_clear_error();
  X509Ptr one(PEM_read_bio_X509(bio, nullptr, &no_passphrase, nullptr));
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!one && !at_end) throw std::runtime_error(std::string(what) + " cannot be read");
  return one;
}

void trust(SSL_CTX* context, const std::string& pem) {
  constexpr const char* kWhat = "a certificate of the authorities";
  const BioPtr bio = bio_of(pem);
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  int count = 0;
  while (const X509Ptr one = next_certificate(bio.get(), kWhat)) {
    if (X509_STORE_add_cert(store, one.get()) != 1) {
      throw std::runtime_error(std::string(kWhat) + " cannot be used");
    }
    ++count;
  }
  if (count == 0) throw std::runtime_error("the authorities hold no PEM certificate");
}

void present(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  const BioPtr chain = bio_of(certificate);
  const X509Ptr leaf = next_certificate(chain.get(), "the client certificate");
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    throw std::runtime_error("the client certificate is no PEM certificate");
  }
  constexpr const char* kIntermediate = "an intermediate of the client certificate";
  while (const X509Ptr one = next_certificate(chain.get(), kIntermediate)) {
    if (SSL_CTX_add1_chain_cert(context, one.get()) != 1) {
      throw std::runtime_error(std::string(kIntermediate) + " cannot be used");
    }
  }
  const BioPtr bio = bio_of(key);
  const KeyPtr secret(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr));
  if (!secret) throw std::runtime_error("the client key is no PEM private key");
  if (SSL_CTX_use_PrivateKey(context, secret.get()) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    throw std::runtime_error("the client key does not belong to the client certificate");
  }
}

}  // namespace

std::string TlsIdentity::fingerprint() const {
  std::string all;
  for (const std::string* one : {&authorities, &certificate, &key, &server_name}) {
    all += std::to_string(one->size()) + ":" + *one;
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const int done = EVP_Digest(all.data(), all.size(), digest, &size, EVP_sha256(), nullptr);
  OPENSSL_cleanse(all.data(), all.size());
  if (done != 1) throw std::runtime_error("SHA-256 is not available");
  return {reinterpret_cast<const char*>(digest), size};
}

TlsIdentity tls_identity(const HttpRequest& request, const std::string& host) {
  TlsIdentity identity;
  identity.authorities = part(request.ca_pem, request.ca_file);
  identity.certificate = part(request.client_cert_pem, request.client_cert_file);
  identity.key = part(request.client_key_pem, request.client_key_file);
  identity.server_name = request.tls_server_name.empty() ? host : request.tls_server_name;
  return identity;
}

Poco::Net::Context::Ptr tls_context(const TlsIdentity& identity) {
  Poco::Net::Context::Params params;
  params.loadDefaultCAs = identity.authorities.empty();
  params.verificationMode = Poco::Net::Context::VERIFY_STRICT;
  params.cipherList = "HIGH:!aNULL:!eNULL:!MD5:!RC4";
  Poco::Net::Context::Ptr context(
      new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, params));
  context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
  context->enableExtendedCertificateVerification(true);
  if (!identity.authorities.empty()) trust(context->sslContext(), identity.authorities);
  if (!identity.certificate.empty()) {
    present(context->sslContext(), identity.certificate, identity.key);
  }
  return context;
}

}  // namespace limen::modules
