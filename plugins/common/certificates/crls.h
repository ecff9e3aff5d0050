// Crls: certificate revocation lists (RFC 5280 section 5), and whether a certificate stands in one.
//
// A list counts for the authority it names when that authority's key signed it. An authority
// without any list revokes nothing; one whose lists have all run out refuses all its certificates,
// unless told otherwise, because nobody knows any more whom it revoked. Partial and indirect lists
// (critical extensions) are not understood and refused. Immutable once read; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/certificates/certificate.h"

namespace limen::plugins {

inline constexpr std::uintmax_t kMaxCrlFileBytes = 64u << 20;

enum class ExpiredCrl { refuse, ignore };

class Crls {
 public:
  explicit Crls(ExpiredCrl expired = ExpiredCrl::refuse) : expired_(expired) {}

  // Adds one list in DER or any number in PEM; `name` is the file's, for messages. Throws
  // std::runtime_error that begins with it for a list that cannot be read or understood, or that
  // names one of `authorities` and is not signed by it.
  void add(std::string_view bytes, const std::string& name, const CertificateList& authorities);
  void add_file(const std::string& path, const CertificateList& authorities);

  // Throws std::runtime_error when `certificate` is revoked by its `issuer`, or that cannot be
  // known at `now`. Returns until when, seconds since 1970, the answer holds.
  std::int64_t check(const X509& certificate, X509& issuer, std::int64_t now) const;

  // What an operator should know of the lists at `now`, a sentence each.
  std::vector<std::string> remarks(std::int64_t now) const;
  std::size_t size() const { return crls_.size(); }

 private:
  struct Crl {
    CrlPtr list;
    std::string name;  // "FILE: CRL 2", for messages
    std::int64_t this_update = 0;
    std::int64_t next_update = 0;             // INT64_MAX: it does not say
    const EVP_PKEY* proven_signer = nullptr;  // of the authority that owns it
    CertificatePtr signer;                    // keeps the key
    bool is_current(std::int64_t now) const { return this_update <= now && now <= next_update; }
  };

  static Crl accept(CrlPtr list, std::string name, const CertificateList& authorities);

  std::vector<Crl> crls_;
  ExpiredCrl expired_;
};

}  // namespace limen::plugins
