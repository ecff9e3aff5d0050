// SHA-256, plain and salted.
//
// Credentials are kept and looked up as salted digests: the time a lookup takes then says nothing
// about how near a guess was, and the credential itself is not in memory. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace limen::plugins {

using Digest = std::array<unsigned char, 32>;

// For hash tables: digests are uniform already.
struct DigestHash {
  std::size_t operator()(const Digest& digest) const {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof(hash));
    return hash;
  }
};

// SHA-256 (FIPS 180-4) of the parts one after another. Throws std::runtime_error when OpenSSL
// fails.
Digest sha256(std::span<const std::string_view> parts);
inline Digest sha256(std::initializer_list<std::string_view> parts) {
  return sha256(std::span<const std::string_view>(parts.begin(), parts.size()));
}

// Lower-case hexadecimal.
std::string to_hex(const Digest& digest);

// True when both are the same; takes the same time whatever they hold.
bool same_digest(const Digest& left, const Digest& right);

// Digests under a random salt of this object's own.
class SaltedDigest {
 public:
  SaltedDigest();  // throws std::runtime_error when there is no randomness
  Digest operator()(std::string_view secret) const { return sha256({salt_, secret}); }

 private:
  std::string salt_;
};

// HMAC-SHA256 (RFC 2104) under a random key of this object's own: for what is remembered of
// credentials for a while.
class KeyedDigest {
 public:
  KeyedDigest();  // throws std::runtime_error when there is no randomness
  // Throws std::runtime_error when OpenSSL fails.
  Digest operator()(std::string_view secret) const;

 private:
  std::string key_;
};

// Overwrites what held a secret.
void wipe(std::string& secret);

}  // namespace limen::plugins
