// Trust: a set of certificate authorities, and the judgement whether a chain leads to one of them.
//
// Immutable once read; any thread.
#pragma once

#include <openssl/x509_vfy.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certificate.h"

namespace limen::plugins {

inline constexpr std::size_t kMaxChainLength = 10;          // certificates a client may present
inline constexpr std::size_t kMaxCertificateBytes = 65536;  // of each of them

struct Verified {
  CertificatePtr leaf;
  std::int64_t valid_until = 0;  // seconds since 1970: the end of the chain's shortest life
};

class Trust {
 public:
  // Every certificate of the PEM files is an authority (a trust anchor, self-signed or not). Throws
  // std::runtime_error naming the file that cannot be read or holds none.
  explicit Trust(const std::vector<std::string>& files);

  // Judges a presented chain, DER, leaf first, the rest being candidates for intermediates:
  // signatures, validity at `now` (seconds since 1970), CA flags, name constraints and path lengths
  // (RFC 5280), and that no certificate of the chain is restricted to other uses than client
  // authentication. Algorithms weaker than 80 bits (SHA-1, RSA below 1024) are refused. Throws
  // std::runtime_error saying why not.
  Verified verify(const std::vector<std::string_view>& chain, std::int64_t now) const;

 private:
  std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>> store_;
};

}  // namespace limen::plugins
