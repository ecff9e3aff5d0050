// Keys in PEM files (RFC 7468).
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "common/jose/key.h"

namespace limen::plugins::jose {

namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;

KeyHandle owned(EVP_PKEY* key) {
  return key == nullptr ? KeyHandle() : KeyHandle(key, &EVP_PKEY_free);
}

// One block of a PEM file; wiped when it goes, since it may hold a private key.
struct Block {
  ~Block() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    if (data != nullptr) OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
  bool is_encrypted() const {
    return std::string_view(name) == "ENCRYPTED PRIVATE KEY" ||
           std::string_view(header).find("ENCRYPTED") != std::string_view::npos;
  }
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
};

KeyHandle certificate_key(const unsigned char* at, long size) {
  const CertificatePtr certificate(d2i_X509(nullptr, &at, size));
  return certificate == nullptr ? KeyHandle() : owned(X509_get_pubkey(certificate.get()));
}

// Null when it cannot be read.
PemKey read_block(const Block& block) {
  const std::string_view name = block.name;
  const unsigned char* at = block.data;
  if (name == "PUBLIC KEY") return {owned(d2i_PUBKEY(nullptr, &at, block.size)), false};
  if (name == "RSA PUBLIC KEY") {
    return {owned(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, block.size)), false};
  }
  if (name == "CERTIFICATE") return {certificate_key(at, block.size), false};
  if (name.ends_with("PRIVATE KEY")) {
    return {owned(d2i_AutoPrivateKey(nullptr, &at, block.size)), true};
  }
  return {};
}

}  // namespace

std::vector<PemKey> read_pem_keys(std::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) throw std::runtime_error("cannot be read");
  std::vector<PemKey> keys;
  for (int number = 1;; ++number) {
    Block block;
    if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.data, &block.size) != 1) break;
    const std::string which = "block " + std::to_string(number) + " (" + block.name + ") ";
    if (block.is_encrypted()) {
      ERR_clear_error();
      throw std::runtime_error(which + "is encrypted: give the key without passphrase");
    }
    if (std::string_view(block.name) == "EC PARAMETERS") continue;  // what openssl ecparam adds
    PemKey key = read_block(block);
    ERR_clear_error();
    if (key.key == nullptr) throw std::runtime_error(which + "holds no key that can be read");
    keys.push_back(std::move(key));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) throw std::runtime_error("holds a PEM block that cannot be read");
  if (keys.empty()) throw std::runtime_error("holds no key in PEM form");
  return keys;
}

}  // namespace limen::plugins::jose
