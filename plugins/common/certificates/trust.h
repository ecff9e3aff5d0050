// Trust: a set of certificate authorities with what they have revoked, and the judgement whether a
// chain leads to one of them.
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

#include "common/certificates/certificate.h"
#include "common/certificates/crls.h"
#include "common/certificates/denylist.h"

namespace limen::plugins {

inline constexpr std::size_t kMaxChainLength = 10;          // certificates a client may present
inline constexpr std::size_t kMaxCertificateBytes = 65536;  // of each of them
inline constexpr std::uintmax_t kMaxAuthorityFileBytes = 16u << 20;

struct TrustFiles {
  std::vector<std::string> authorities;  // PEM
  std::vector<std::string> crls{};       // PEM or DER
  std::string denylist{};                // empty: none
  ExpiredCrl expired_crl = ExpiredCrl::refuse;

  std::vector<std::string> all() const;
};

struct Verified {
  CertificatePtr leaf;
  // Seconds since 1970: the end of the chain's shortest life, or of what is known of revocations.
  std::int64_t valid_until = 0;
};

class Trust {
 public:
  // Every certificate of the PEM files is an authority (a trust anchor, self-signed or not). Throws
  // std::runtime_error naming the file that cannot be used.
  explicit Trust(const TrustFiles& files);

  // Judges a presented chain, DER, leaf first, the rest being candidates for intermediates:
  // signatures, validity at `now` (seconds since 1970), CA flags, name constraints and path lengths
  // (RFC 5280), and that no certificate of the chain is restricted to other uses than client
  // authentication. Algorithms weaker than 80 bits (SHA-1, RSA below 1024) are refused, and so is
  // a chain of which a certificate is revoked or denied. Throws std::runtime_error saying why not.
  Verified verify(const std::vector<std::string_view>& chain, std::int64_t now) const;

  const Crls& crls() const { return crls_; }

 private:
  std::int64_t check_path(STACK_OF(X509) * path, std::int64_t now) const;

  std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>> store_;
  Crls crls_;
  Denylist denylist_;
};

}  // namespace limen::plugins
