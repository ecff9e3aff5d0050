// Denylist: certificates that do not count, whatever their authority says of them.
//
// A text file with one entry a line, blank lines and `#` comments aside, in the words of the
// server's own revocations file:
//
//   cert-serial HEX    by serial number, of whatever issuer
//   cert-sha256 HEX    by the SHA-256 of the DER form
//
// The serial number is the stronger of the two: anybody can make another valid signature of an
// ECDSA signature, and with it a certificate of another digest and the same serial number.
//
// Colons in hexadecimal numbers and the case of their letters are passed over. Immutable; any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "common/certificates/certificate.h"

namespace limen::plugins {

inline constexpr std::uintmax_t kMaxDenylistBytes = 16u << 20;

class Denylist {
 public:
  Denylist() = default;
  // Both throw std::runtime_error, "FILE:LINE: what is wrong".
  static Denylist read(const std::string& path);
  static Denylist parse(std::string_view text, const std::string& path);

  bool lists(const X509& certificate) const;
  std::size_t size() const { return serials_.size() + fingerprints_.size(); }

 private:
  void add(std::string_view entry);

  // Lower-case hexadecimal; serial numbers without leading zeros.
  std::unordered_set<std::string> serials_, fingerprints_;
};

}  // namespace limen::plugins
