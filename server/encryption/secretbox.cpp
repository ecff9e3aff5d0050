// XSalsa20-Poly1305, by libsodium: OpenSSL has no such cipher.
#include <sodium.h>

#include "encryption/ciphers.h"
#include "storage/driver.h"

namespace limen::encryption::detail {

namespace {

static_assert(kBoxNonce == crypto_secretbox_NONCEBYTES);

// Safe to do again and from several threads.
bool ready() {
  static const bool done = sodium_init() >= 0;
  return done;
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

void seal_box(std::string& out, const KeyBytes& key, std::string_view nonce,
              std::string_view text) {
  const std::size_t begin = out.size();
  out.resize(begin + crypto_secretbox_MACBYTES + text.size());
  auto* const target = reinterpret_cast<unsigned char*>(out.data()) + begin;
  if (!ready() || key.size() != crypto_secretbox_KEYBYTES ||
      crypto_secretbox_easy(target, bytes(text), text.size(), bytes(nonce), key.data()) != 0) {
    throw storage::DriverError("libsodium could not encrypt a value");
  }
}

std::optional<std::string> open_box(const KeyBytes& key, std::string_view nonce,
                                    std::string_view sealed) {
  if (sealed.size() < crypto_secretbox_MACBYTES || !ready() ||
      key.size() != crypto_secretbox_KEYBYTES) {
    return std::nullopt;
  }
  std::string text(sealed.size() - crypto_secretbox_MACBYTES, '\0');
  auto* const target = reinterpret_cast<unsigned char*>(text.data());
  if (crypto_secretbox_open_easy(target, bytes(sealed), sealed.size(), bytes(nonce), key.data()) !=
      0) {
    return std::nullopt;
  }
  return text;
}

}  // namespace limen::encryption::detail
