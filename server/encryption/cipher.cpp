#include "encryption/cipher.h"

#include <openssl/rand.h>

#include "encryption/ciphers.h"
#include "storage/driver.h"

namespace limen::encryption {

namespace {

std::size_t nonce_size(Kind kind) {
  switch (kind) {
    case Kind::aesgcm:
      return detail::kGcmNonce;
    case Kind::aescbc:
      return detail::kCbcVector;
    case Kind::secretbox:
      return detail::kBoxNonce;
    case Kind::identity:
      break;
  }
  return 0;
}

void seal_after_nonce(std::string& out, Kind kind, const KeyBytes& key, std::string_view nonce,
                      std::string_view text, std::string_view context) {
  switch (kind) {
    case Kind::aesgcm:
      return detail::seal_gcm(out, key, nonce, text, context);
    case Kind::aescbc:
      return detail::seal_cbc(out, key, nonce, text);
    case Kind::secretbox:
      return detail::seal_box(out, key, nonce, text);
    case Kind::identity:
      break;
  }
  throw storage::DriverError("identity has no cipher");
}

class KeyedCipher final : public Cipher {
 public:
  KeyedCipher(Kind kind, const KeyBytes& key)
      : kind_(kind), key_(key), nonce_size_(nonce_size(kind)) {}

  void seal(std::string& out, std::string_view text, std::string_view context) const override {
    unsigned char nonce[detail::kBoxNonce];
    if (RAND_bytes(nonce, static_cast<int>(nonce_size_)) != 1) {
      throw storage::DriverError("the random generator failed: nothing can be encrypted");
    }
    const std::string_view view(reinterpret_cast<const char*>(nonce), nonce_size_);
    out += view;
    seal_after_nonce(out, kind_, key_, view, text, context);
  }

  std::optional<std::string> open(std::string_view sealed,
                                  std::string_view context) const override {
    if (sealed.size() < nonce_size_) return std::nullopt;
    const std::string_view nonce = sealed.substr(0, nonce_size_);
    sealed.remove_prefix(nonce_size_);
    switch (kind_) {
      case Kind::aesgcm:
        return detail::open_gcm(key_, nonce, sealed, context);
      case Kind::aescbc:
        return detail::open_cbc(key_, nonce, sealed);
      case Kind::secretbox:
        return detail::open_box(key_, nonce, sealed);
      case Kind::identity:
        break;
    }
    return std::nullopt;
  }

 private:
  const Kind kind_;
  const KeyBytes key_;
  const std::size_t nonce_size_;
};

}  // namespace

std::unique_ptr<Cipher> make_cipher(Kind kind, const KeyBytes& key) {
  return std::make_unique<KeyedCipher>(kind, key);
}

std::string seal_with_nonce(Kind kind, const KeyBytes& key, std::string_view nonce,
                            std::string_view text, std::string_view context) {
  if (nonce.size() != nonce_size(kind)) throw storage::DriverError("a nonce of another size");
  std::string out(nonce);
  seal_after_nonce(out, kind, key, nonce, text, context);
  return out;
}

}  // namespace limen::encryption
