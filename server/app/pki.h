// Keys and certificates for a first start: a certificate authority, what it signs, the self-signed
// serving certificate of a server that was given none, and the key that signs service account
// tokens.
//
// Keys of certificates are ECDSA P-256 (FIPS 186-5), certificates X.509 v3 (RFC 5280) signed with
// SHA-256. Everything is PEM text; private keys are PKCS #8 (RFC 5958) and must be stored with
// Privacy::secret. Errors are std::runtime_error without key material. Any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace limen::app {

inline constexpr std::chrono::hours kAuthorityLifetime{24 * 365 * 10};
inline constexpr std::chrono::hours kLeafLifetime{24 * 365};

struct KeyPair {
  std::string certificate;  // PEM, one or more, leaf first
  std::string key;          // PEM
};

// A new certificate authority that may sign leaves and nothing below it.
KeyPair make_authority(const std::string& common_name);

// A serving certificate for `names`: IP addresses become IP names, all others DNS names (RFC 2818).
KeyPair make_serving_pair(const KeyPair& authority, const std::string& common_name,
                          const std::vector<std::string>& names);

// A client certificate: Kubernetes reads the user from CN and the groups from O.
KeyPair make_client_pair(const KeyPair& authority, const std::string& user,
                         const std::vector<std::string>& groups);

// A serving certificate and the one-off authority that signed it, in one chain, so that a client
// can trust the file itself. The authority's key is thrown away.
KeyPair make_self_signed_pair(const std::vector<std::string>& names);

// The two halves of a key that signs tokens.
struct TokenKey {
  std::string private_key;  // PEM, PKCS #8
  std::string public_key;   // PEM, SubjectPublicKeyInfo
};

// A new RSA key of 2048 bits: RS256 is what every verifier of OpenID tokens must know (OpenID
// Connect Core 1.0 section 15.1).
TokenKey make_token_key();

// What is wrong with the two texts ("holds no private key without passphrase", "the public key does
// not belong to the private key"); empty when they fit.
std::string token_key_problem(const TokenKey& key);

// The names every API server answers to: kubernetes, kubernetes.default, .svc and
// .svc.cluster.local, localhost, the host's name, 127.0.0.1, ::1 and the first service address.
std::vector<std::string> default_serving_names();

// What is wrong with a pair of texts ("holds no certificate", "the key does not belong to the
// certificate"); empty when they fit.
std::string pair_problem(const KeyPair& pair);

// The end of the first certificate's life. Throws when there is none.
std::chrono::system_clock::time_point expiry_of(const std::string& certificate);

// True when the first certificate of `certificate` was signed by the first of `authority`.
bool is_signed_by(const std::string& certificate, const std::string& authority);

}  // namespace limen::app
