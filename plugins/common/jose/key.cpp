#include "common/jose/key.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <boost/json.hpp>
#include <stdexcept>
#include <utility>

#include "common/digest.h"
#include "common/jose/base64url.h"

namespace limen::plugins::jose {

namespace json = boost::json;

namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 16384;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using ContextPtr = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Freer<BN_free>>;

// What an algorithm needs of a key and of OpenSSL.
struct Recipe {
  Algorithm algorithm;
  int key_type;              // EVP_PKEY_RSA, EVP_PKEY_EC, EVP_PKEY_ED25519
  const char* digest;        // null: the algorithm has its own
  bool pss;                  // of RSA: PSS padding instead of PKCS #1
  const char* curve;         // of EC keys, as OpenSSL names it
  const char* jwk_curve;     // and as a JWK names it
  std::size_t number_bytes;  // of EC keys: of each of the signature's two numbers
};
constexpr Recipe kRecipes[] = {
    {Algorithm::rs256, EVP_PKEY_RSA, "SHA256", false, nullptr, nullptr, 0},
    {Algorithm::rs384, EVP_PKEY_RSA, "SHA384", false, nullptr, nullptr, 0},
    {Algorithm::rs512, EVP_PKEY_RSA, "SHA512", false, nullptr, nullptr, 0},
    {Algorithm::ps256, EVP_PKEY_RSA, "SHA256", true, nullptr, nullptr, 0},
    {Algorithm::ps384, EVP_PKEY_RSA, "SHA384", true, nullptr, nullptr, 0},
    {Algorithm::ps512, EVP_PKEY_RSA, "SHA512", true, nullptr, nullptr, 0},
    {Algorithm::es256, EVP_PKEY_EC, "SHA256", false, "prime256v1", "P-256", 32},
    {Algorithm::es384, EVP_PKEY_EC, "SHA384", false, "secp384r1", "P-384", 48},
    {Algorithm::es512, EVP_PKEY_EC, "SHA512", false, "secp521r1", "P-521", 66},
    {Algorithm::eddsa, EVP_PKEY_ED25519, nullptr, false, nullptr, "Ed25519", 0},
};

const Recipe& recipe_of(Algorithm algorithm) {
  return *std::find_if(std::begin(kRecipes), std::end(kRecipes),
                       [&](const Recipe& one) { return one.algorithm == algorithm; });
}

std::string curve_of(EVP_PKEY* key) {
  char name[64] = {};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name, sizeof name, &size) != 1) ERR_clear_error();
  return std::string(name, size);
}

bool fits(EVP_PKEY* key, const Recipe& recipe) {
  if (EVP_PKEY_get_base_id(key) != recipe.key_type) return false;
  return recipe.curve == nullptr || curve_of(key) == recipe.curve;
}

NumberPtr number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) {
    throw std::runtime_error("a public key cannot be read");
  }
  return NumberPtr(raw);
}

// The mark of keys that a family of smart cards made, whose factors can be found (ROCA,
// CVE-2017-15361): modulo each of these primes they are powers of 65537.
bool is_guessable(const BIGNUM* modulus) {
  for (const BN_ULONG prime :
       {11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157}) {
    const BN_ULONG wanted = BN_mod_word(modulus, prime);
    const BN_ULONG base = 65537 % prime;
    BN_ULONG power = 1;
    do {
      power = power * base % prime;
    } while (power != wanted && power != 1);
    if (power != wanted) return false;
  }
  return true;
}

void refuse_weak(EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return;
  const NumberPtr exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  if (!BN_is_odd(exponent.get()) || BN_is_one(exponent.get())) {
    throw std::runtime_error("an RSA key with an exponent that cannot be");
  }
  if (is_guessable(number_of(key, OSSL_PKEY_PARAM_RSA_N).get())) {
    throw std::runtime_error("an RSA key whose factors can be found (CVE-2017-15361)");
  }
  const int bits = EVP_PKEY_get_bits(key);
  if (bits >= kMinRsaBits && bits <= kMaxRsaBits) return;
  throw std::runtime_error("an RSA key of " + std::to_string(bits) + " bits: it must have " +
                           std::to_string(kMinRsaBits) + " to " + std::to_string(kMaxRsaBits));
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// The two numbers side by side as the DER that OpenSSL wants; empty when they cannot be.
std::string der_signature(std::string_view raw, std::size_t number_bytes) {
  if (raw.size() != 2 * number_bytes) return {};
  const int size = static_cast<int>(number_bytes);
  NumberPtr r(BN_bin2bn(bytes_of(raw), size, nullptr));
  NumberPtr s(BN_bin2bn(bytes_of(raw) + number_bytes, size, nullptr));
  const SignaturePtr signature(ECDSA_SIG_new());
  if (!r || !s || !signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  r.release();
  s.release();
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(signature.get(), &der);
  if (length <= 0) return {};
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return out;
}

std::string raw_signature(const std::string& der, std::size_t number_bytes) {
  const unsigned char* at = bytes_of(std::string_view(der));
  const SignaturePtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string out(2 * number_bytes, '\0');
  const int size = static_cast<int>(number_bytes);
  if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes_of(out), size) != size ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes_of(out) + number_bytes, size) != size) {
    throw std::runtime_error("a signature could not be made");
  }
  return out;
}

// For the PSS of RFC 7518 section 3.5: salt as long as the digest, MGF1 with the same digest.
bool set_padding(EVP_PKEY_CTX* context, const Recipe& recipe) {
  if (!recipe.pss) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

std::string number(EVP_PKEY* key, const char* name, std::size_t pad_to = 0) {
  const NumberPtr value = number_of(key, name);
  std::string out(std::max(pad_to, static_cast<std::size_t>(BN_num_bytes(value.get()))), '\0');
  BN_bn2binpad(value.get(), bytes_of(out), static_cast<int>(out.size()));
  return base64url_encode(out);
}

std::string raw_public_key(EVP_PKEY* key) {
  std::string out(64, '\0');
  std::size_t size = out.size();
  if (EVP_PKEY_get_raw_public_key(key, bytes_of(out), &size) != 1) {
    throw std::runtime_error("a public key cannot be exported");
  }
  out.resize(size);
  return base64url_encode(out);
}

std::string kubernetes_key_id(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key, &der);
  if (length <= 0) throw std::runtime_error("a public key cannot be exported");
  const Digest digest =
      sha256({{reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)}});
  OPENSSL_free(der);
  return base64url_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

VerificationKey::VerificationKey(KeyHandle key, std::span<const Algorithm> allowed)
    : key_(std::move(key)) {
  refuse_weak(key_.get());
  for (const Algorithm algorithm : allowed)
    if (fits(key_.get(), recipe_of(algorithm))) algorithms_.push_back(algorithm);
  if (algorithms_.empty()) {
    throw std::runtime_error(
        "a key of a kind that is not used: RSA, P-256, P-384, P-521 and "
        "Ed25519 are");
  }
  key_id_ = kubernetes_key_id(key_.get());
}

bool VerificationKey::allows(Algorithm algorithm) const {
  return std::find(algorithms_.begin(), algorithms_.end(), algorithm) != algorithms_.end();
}

bool VerificationKey::verify(Algorithm algorithm, std::string_view input,
                             std::string_view signature) const {
  if (!allows(algorithm)) return false;
  const Recipe& recipe = recipe_of(algorithm);
  std::string der;
  if (recipe.number_bytes != 0) {
    der = der_signature(signature, recipe.number_bytes);
    if (der.empty()) return false;
    signature = der;
  }
  // RFC 8017, 8.1.2 and 8.2.2, step 1; OpenSSL takes a PSS signature without its leading zeros.
  if (recipe.key_type == EVP_PKEY_RSA &&
      signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()))) {
    return false;
  }
  const ContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* about = nullptr;
  const bool good = context != nullptr &&
                    EVP_DigestVerifyInit_ex(context.get(), &about, recipe.digest, nullptr, nullptr,
                                            key_.get(), nullptr) == 1 &&
                    set_padding(about, recipe) &&
                    EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                     bytes_of(input), input.size()) == 1;
  ERR_clear_error();
  return good;
}

json::object VerificationKey::to_jwk() const {
  const Recipe& recipe = recipe_of(algorithms_.front());
  const bool rsa = recipe.key_type == EVP_PKEY_RSA;
  const bool ec = recipe.key_type == EVP_PKEY_EC;
  json::object jwk;
  jwk["use"] = "sig";
  jwk["kty"] = rsa ? "RSA" : ec ? "EC" : "OKP";
  jwk["kid"] = key_id_;
  if (!rsa) jwk["crv"] = recipe.jwk_curve;
  jwk["alg"] = name_of(recipe.algorithm);
  if (rsa) {
    jwk["n"] = number(key_.get(), OSSL_PKEY_PARAM_RSA_N);
    jwk["e"] = number(key_.get(), OSSL_PKEY_PARAM_RSA_E);
  } else if (ec) {
    jwk["x"] = number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, recipe.number_bytes);
    jwk["y"] = number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, recipe.number_bytes);
  } else {
    jwk["x"] = raw_public_key(key_.get());
  }
  return jwk;
}

bool VerificationKey::same_as(const VerificationKey& other) const {
  const bool same = EVP_PKEY_eq(key_.get(), other.key_.get()) == 1;
  ERR_clear_error();
  return same;
}

SigningKey::SigningKey(KeyHandle key, Algorithm algorithm)
    : key_(key), algorithm_(algorithm), public_key_(std::move(key), {&algorithm, 1}) {}

std::string SigningKey::sign(std::string_view payload) const {
  json::object header;
  header["alg"] = name_of(algorithm_);
  header["kid"] = public_key_.key_id();
  std::string token = base64url_encode(json::serialize(header)) + "." + base64url_encode(payload);

  const Recipe& recipe = recipe_of(algorithm_);
  const ContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* about = nullptr;
  std::size_t size = 0;
  const auto step = [&](unsigned char* into) {
    return EVP_DigestSign(context.get(), into, &size, bytes_of(std::string_view(token)),
                          token.size()) == 1;
  };
  std::string signature;
  bool good = context != nullptr &&
              EVP_DigestSignInit_ex(context.get(), &about, recipe.digest, nullptr, nullptr,
                                    key_.get(), nullptr) == 1 &&
              set_padding(about, recipe) && step(nullptr);
  if (good) {
    signature.resize(size);
    good = step(bytes_of(signature));
    signature.resize(size);
  }
  ERR_clear_error();
  if (!good) throw std::runtime_error("a signature could not be made");
  if (recipe.number_bytes != 0) signature = raw_signature(signature, recipe.number_bytes);
  return token + "." + base64url_encode(signature);
}

std::optional<Algorithm> natural_algorithm(const KeyHandle& key) {
  for (const Algorithm algorithm :
       {Algorithm::rs256, Algorithm::es256, Algorithm::es384, Algorithm::es512, Algorithm::eddsa}) {
    if (fits(key.get(), recipe_of(algorithm))) return algorithm;
  }
  return std::nullopt;
}

}  // namespace limen::plugins::jose
