// Cipher: one key of one provider: how bytes become unreadable and readable again.
//
// The bytes are those of kube-apiserver's providers:
//   aesgcm     a nonce of 12 random bytes, the ciphertext, a tag of 16 (NIST SP 800-38D); the
//              context is authenticated too, so that a value fits no other place
//   aescbc     an IV of 16 random bytes, the ciphertext, padded as PKCS #7 (RFC 5652) says; nothing
//              is authenticated
//   secretbox  a nonce of 24 random bytes, a tag of 16, the ciphertext (NaCl's XSalsa20-Poly1305)
// Thread rule: immutable, any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "encryption/configuration.h"

namespace limen::encryption {

class Cipher {
 public:
  virtual ~Cipher() = default;
  // Appends `text`, sealed, to `out`. `context` is where the value belongs. Throws
  // storage::DriverError when there is no randomness.
  virtual void seal(std::string& out, std::string_view text, std::string_view context) const = 0;
  // Nothing when the bytes do not fit the key or the context.
  virtual std::optional<std::string> open(std::string_view sealed,
                                          std::string_view context) const = 0;
};

// `kind` is not identity, and the key is of a size that the kind takes.
std::unique_ptr<Cipher> make_cipher(Kind kind, const KeyBytes& key);

// The same with the nonce given, for known answers of tests: a nonce must never be used twice.
std::string seal_with_nonce(Kind kind, const KeyBytes& key, std::string_view nonce,
                            std::string_view text, std::string_view context);

}  // namespace limen::encryption
