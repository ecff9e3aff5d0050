// Revocations: credentials that are not good any more, whatever a module says of them.
//
// A file, one entry a line, blank lines and `#` comments aside:
//
//   user NAME              everybody who authenticates as NAME (the rest of the line)
//   token-sha256 HEX       a bearer token, or the password of HTTP's Basic scheme, by its SHA-256
//   jti ID                 a JSON Web Token by its id
//   cert-serial HEX        a client certificate by its serial number, of whatever issuer
//   cert-sha256 HEX        a client certificate by the SHA-256 of its DER form
//
// A digest names one encoding of a certificate; who holds the key of one with an ECDSA signature
// can make another with the same content, so cert-serial is what revokes a certificate, and
// cert-sha256 is for telling apart two that bear one serial number.
//
// Colons in hexadecimal numbers are passed over. A list is immutable; Revocations holds the one in
// force. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "request/credential.h"

namespace limen::authn {

struct Credentials;

// What of a credential is worked out besides the user and the JWT id, which cost nothing.
struct Traits {
  bool tokens = true, certificates = true;
};

class RevocationList {
 public:
  static constexpr std::size_t kMaxFileBytes = 16u << 20;

  // "FILE:LINE: what is wrong".
  struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  // Both throw Error.
  static RevocationList read(const std::string& path);
  // What Error says of a file, and of each further line that is wrong, up to kMostProblems; empty:
  // it can be used.
  static constexpr std::size_t kMostProblems = 20;
  static std::vector<std::string> problems(const std::string& path);
  static RevocationList parse(std::string_view text, const std::string& path);

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  // What the entries speak of, so that only those digests are made that are worth making.
  Traits traits() const {
    return {.tokens = !tokens_.empty(),
            .certificates = !serials_.empty() || !certificates_.empty()};
  }

  // The kind of the entry that revokes the credential ("user", "jti", ...), or empty.
  std::string_view revoked_by(const request::Credential& credential) const;

 private:
  void add(std::string_view kind, std::string_view value);
  // Why a line is no entry, once it is added; empty: it is one.
  std::string take_line(std::string_view line);

  std::unordered_set<std::string> users_, tokens_, jwt_ids_, serials_, certificates_;
};

class Revocations {
 public:
  using ListPtr = std::shared_ptr<const RevocationList>;

  // Without a path nothing is ever revoked. Throws RevocationList::Error.
  explicit Revocations(std::string path);

  ListPtr current() const { return list_.load(std::memory_order_acquire); }
  const std::string& path() const { return path_; }
  // Reads the file again. A file that cannot be used leaves the list as it is, and is logged and
  // counted; true when the list was replaced.
  bool reload();

 private:
  const std::string path_;
  std::atomic<ListPtr> list_;
};

// What a request was let in by, as far as it is wanted. `jwt_id` is the one of the identity's
// credential id.
request::Credential credential_of(const Credentials& presented, std::string_view user,
                                  std::string_view jwt_id, Traits wanted = {});

}  // namespace limen::authn
