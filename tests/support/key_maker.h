// Keys for tests, as PEM text. Of each kind a few are made once and handed out in turn, because RSA
// keys take long to make.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace limen::plugins::test {

struct PemPair {
  std::string private_key;  // PKCS #8
  std::string public_key;
};

enum class KeyKind { rsa, weak_rsa, p256, p384, p521, ed25519 };

namespace detail {

inline EVP_PKEY* new_key(KeyKind kind) {
  switch (kind) {
    case KeyKind::rsa:
      return EVP_RSA_gen(2048);
    case KeyKind::weak_rsa:
      return EVP_RSA_gen(1024);
    case KeyKind::p256:
      return EVP_EC_gen("P-256");
    case KeyKind::p384:
      return EVP_EC_gen("P-384");
    case KeyKind::p521:
      return EVP_EC_gen("P-521");
    case KeyKind::ed25519:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  return nullptr;
}

inline std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

inline PemPair to_pem(EVP_PKEY* key) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> own(BIO_new(BIO_s_mem()), &BIO_free_all);
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> shared(BIO_new(BIO_s_mem()), &BIO_free_all);
  PEM_write_bio_PKCS8PrivateKey(own.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  PEM_write_bio_PUBKEY(shared.get(), key);
  return {text_of(own.get()), text_of(shared.get())};
}

}  // namespace detail

// Two calls in a row give two different pairs.
inline const PemPair& make_key(KeyKind kind) {
  static std::map<KeyKind, std::array<PemPair, 3>> made;
  static std::map<KeyKind, std::size_t> next;
  PemPair& pair = made[kind][next[kind]++ % 3];
  if (!pair.private_key.empty()) return pair;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(detail::new_key(kind),
                                                                &EVP_PKEY_free);
  if (key == nullptr) throw std::runtime_error("no key");
  return pair = detail::to_pem(key.get());
}

}  // namespace limen::plugins::test
