// Keys: the key that signs, and those that verify, as one reading of the files has them.
//
// The signing key's public half verifies too. A key that used to sign goes on verifying for as long
// as its file (private or public) is among the key files, so that keys can be changed while tokens
// of the old one are out there. Immutable; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "claims.h"
#include "common/digest.h"
#include "common/jose/key.h"
#include "common/recent_cache.h"

namespace limen::plugins::service_account {

struct KeyFiles {
  std::string signing;                    // PEM, one private key
  std::vector<std::string> verification;  // PEM, any number of keys each

  std::vector<std::string> all() const;
};

class Keys {
 public:
  // Reads the files. Throws std::runtime_error "FILE: what is wrong", without key material.
  explicit Keys(const KeyFiles& files);

  const jose::SigningKey& signing() const { return *signing_; }
  // All that verify; the signing key is the first.
  const std::vector<jose::VerificationKey>& verification() const { return verification_; }

  // The claims of a token that one of the keys signed. Throws std::runtime_error for any other.
  // What was verified lately is remembered with this reading, so that new keys begin anew.
  std::shared_ptr<const Claims> verify(std::string_view token, const jose::Jws& jws) const;
  // The claims if the token was verified lately; else null.
  std::shared_ptr<const Claims> recall(std::string_view token) const;

 private:
  static constexpr std::size_t kRemembered = 4096;

  void add(const jose::VerificationKey& key);
  bool is_signed(const jose::Jws& jws) const;

  std::unique_ptr<jose::SigningKey> signing_;
  std::vector<jose::VerificationKey> verification_;
  SaltedDigest digest_;
  std::unique_ptr<RecentCache<Claims>> verified_ =
      std::make_unique<RecentCache<Claims>>(kRemembered);
};

// The JSON Web Key Set of all verification keys.
std::string key_set(const Keys& keys);
// The names of their algorithms, sorted, each once.
std::vector<std::string> algorithm_names(const Keys& keys);

}  // namespace limen::plugins::service_account
