// Secret: what a password is compared with, in clear text or as a hash of crypt(5).
//
// Clear text is kept as a salted SHA-256 digest and costs a microsecond to compare. Hashes (bcrypt,
// yescrypt, SHA-512) are made to be slow: a comparison takes milliseconds and does not belong on a
// thread that serves connections. Comparisons take the same time however much is right. Immutable;
// any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/digest.h"

namespace limen::plugins {

// libxcrypt's CRYPT_MAX_PASSPHRASE_SIZE: longer passwords match no hash.
inline constexpr std::size_t kMaxHashedPassword = 511;

class Secret {
 public:
  // `text` is a password, or a hash when it begins with `$2a$`, `$2b$`, `$2y$`, `$y$` or `$6$`.
  // Throws std::runtime_error for a hash that is malformed or of a scheme that is not one of these.
  Secret(std::string_view text, const SaltedDigest& digest);

  bool is_slow() const { return !hash_.empty(); }
  // `digest` is the one given when it was made.
  bool matches(const std::string& password, const SaltedDigest& digest) const;
  // Takes as long as matches() and is never true: for users that are not there.
  void pretend(const std::string& password, const SaltedDigest& digest) const {
    static_cast<void>(matches(password, digest));
  }

 private:
  Digest plain_{};
  std::string hash_;  // empty: clear text
};

}  // namespace limen::plugins
