#include "common/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

namespace limen::plugins {

namespace {

constexpr std::size_t kSaltBytes = 32;

// Finding an algorithm costs more than hashing a token, so it is done once.
const EVP_MD* algorithm() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return md;
}

EVP_MD_CTX* context() {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> own(EVP_MD_CTX_new());
  return own.get();
}

}  // namespace

Digest sha256(std::span<const std::string_view> parts) {
  Digest digest{};
  EVP_MD_CTX* const state = context();
  bool good = state != nullptr && algorithm() != nullptr &&
              EVP_DigestInit_ex2(state, algorithm(), nullptr) == 1;
  for (std::string_view part : parts) {
    good = good && EVP_DigestUpdate(state, part.data(), part.size()) == 1;
  }
  if (!good || EVP_DigestFinal_ex(state, digest.data(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available");
  }
  return digest;
}

std::string to_hex(const Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

bool same_digest(const Digest& left, const Digest& right) {
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

namespace {

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    throw std::runtime_error("no random numbers are available");
  }
  return bytes;
}

}  // namespace

SaltedDigest::SaltedDigest() : salt_(random_bytes(kSaltBytes)) {}

KeyedDigest::KeyedDigest() : key_(random_bytes(kSaltBytes)) {}

Digest KeyedDigest::operator()(std::string_view secret) const {
  Digest digest;
  unsigned length = 0;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest.data(),
           &length) == nullptr) {
    throw std::runtime_error("HMAC-SHA256 failed");
  }
  return digest;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace limen::plugins
