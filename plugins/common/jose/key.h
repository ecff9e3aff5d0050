// Keys that verify and sign, each bound to the algorithms it may be used with.
//
// The key decides about the algorithm, never the token (RFC 8725 section 3.1): a token whose header
// names another is not verified. RSA keys have at least 2048 bits (RFC 7518 section 3.3), elliptic
// curves are P-256, P-384, P-521 and Ed25519. Immutable; copies share; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/jose/algorithm.h"
#include "common/jose/jws.h"

struct evp_pkey_st;

namespace limen::plugins::jose {

using KeyHandle = std::shared_ptr<evp_pkey_st>;

class VerificationKey {
 public:
  // `allowed`: the algorithms it may be used with; those that do not fit the key are left out.
  // Throws std::runtime_error when none is left or the key is too weak.
  VerificationKey(KeyHandle key, std::span<const Algorithm> allowed);

  const std::vector<Algorithm>& algorithms() const { return algorithms_; }
  bool allows(Algorithm algorithm) const;
  // True when `signature` is this key's about `input`, by an allowed algorithm. JWS form: of
  // elliptic curves the two numbers side by side (RFC 7518 section 3.4).
  bool verify(Algorithm algorithm, std::string_view input, std::string_view signature) const;
  bool verify(const Jws& jws) const {
    return verify(jws.algorithm, jws.signing_input, jws.signature);
  }

  // The name Kubernetes gives service account keys: base64url of the SHA-256 of the DER of its
  // SubjectPublicKeyInfo.
  const std::string& key_id() const { return key_id_; }
  // The public key as a JWK (RFC 7517, RFC 7518 section 6, RFC 8037) for signatures, under
  // key_id().
  boost::json::object to_jwk() const;
  // True for two halves or copies of one key.
  bool same_as(const VerificationKey& other) const;

 private:
  KeyHandle key_;
  std::vector<Algorithm> algorithms_;
  std::string key_id_;
};

class SigningKey {
 public:
  // A private key and the algorithm it signs with. Throws like VerificationKey.
  SigningKey(KeyHandle key, Algorithm algorithm);

  Algorithm algorithm() const { return algorithm_; }
  const VerificationKey& public_key() const { return public_key_; }
  // A token in compact form with the header {"alg","kid"}. Throws std::runtime_error when OpenSSL
  // fails.
  std::string sign(std::string_view payload) const;

 private:
  KeyHandle key_;
  Algorithm algorithm_;
  VerificationKey public_key_;
};

// A key in a PEM file.
struct PemKey {
  KeyHandle key;
  bool is_private = false;
};

// Every key of PEM text: public keys (SubjectPublicKeyInfo, PKCS #1), private ones (PKCS #8, PKCS
// #1, SEC 1) and those of certificates. Throws std::runtime_error for a block that cannot be read,
// an encrypted key, and when there is none.
std::vector<PemKey> read_pem_keys(std::string_view pem);

// What a key is used with when nothing else is said: RS256, ES256, ES384, ES512 or EdDSA. Nothing
// for another kind of key.
std::optional<Algorithm> natural_algorithm(const KeyHandle& key);

}  // namespace limen::plugins::jose
