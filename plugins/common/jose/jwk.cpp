#include "common/jose/jwk.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <set>
#include <stdexcept>

#include "common/jose/base64url.h"
#include "common/jose/json_object.h"

namespace limen::plugins::jose {

namespace json = boost::json;

namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;
using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Freer<BN_free>>;

struct Curve {
  std::string_view jwk_name;
  const char* name;
  std::size_t bytes;
};
constexpr Curve kCurves[] = {
    {"P-256", "prime256v1", 32}, {"P-384", "secp384r1", 48}, {"P-521", "secp521r1", 66}};

std::string text(const json::object& jwk, std::string_view key) {
  const json::value* value = jwk.if_contains(key);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    throw std::runtime_error("the key's \"" + std::string(key) + "\" is not a text");
  }
  return std::string(value->get_string());
}

std::string bytes(const json::object& jwk, std::string_view key, std::size_t size = 0) {
  const auto decoded = base64url_decode(text(jwk, key));
  if (!decoded || decoded->empty() || (size != 0 && decoded->size() != size)) {
    throw std::runtime_error("the key's \"" + std::string(key) + "\" is not a number of its kind");
  }
  return *decoded;
}

const unsigned char* raw(const std::string& value) {
  return reinterpret_cast<const unsigned char*>(value.data());
}

NumberPtr to_number(const std::string& value) {
  return NumberPtr(BN_bin2bn(raw(value), static_cast<int>(value.size()), nullptr));
}

KeyHandle from_params(const char* kind, OSSL_PARAM_BLD* builder) {
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder));
  const ContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  const bool good = params && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) == 1;
  ERR_clear_error();
  if (!good) throw std::runtime_error("the numbers are no key of their kind");
  return KeyHandle(key, &EVP_PKEY_free);
}

KeyHandle rsa_key(const json::object& jwk) {
  const NumberPtr n = to_number(bytes(jwk, "n"));
  const NumberPtr e = to_number(bytes(jwk, "e"));
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return from_params("RSA", builder.get());
}

// OpenSSL refuses a point that is not on the curve.
KeyHandle ec_key(const json::object& jwk) {
  const std::string name = text(jwk, "crv");
  const auto curve = std::find_if(std::begin(kCurves), std::end(kCurves),
                                  [&](const Curve& one) { return one.jwk_name == name; });
  if (curve == std::end(kCurves)) throw std::runtime_error("the key's curve is not used");
  const std::string point = '\x04' + bytes(jwk, "x", curve->bytes) + bytes(jwk, "y", curve->bytes);
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->name, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return from_params("EC", builder.get());
}

KeyHandle okp_key(const json::object& jwk) {
  if (text(jwk, "crv") != "Ed25519") throw std::runtime_error("the key's curve is not used");
  const std::string x = bytes(jwk, "x", 32);
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(x), x.size());
  ERR_clear_error();
  if (key == nullptr) throw std::runtime_error("the numbers are no key of their kind");
  return KeyHandle(key, &EVP_PKEY_free);
}

KeyHandle key_of(const json::object& jwk) {
  const std::string kind = text(jwk, "kty");
  if (kind == "RSA") return rsa_key(jwk);
  if (kind == "EC") return ec_key(jwk);
  if (kind == "OKP") return okp_key(jwk);
  throw std::runtime_error("the key's \"kty\" is not used");
}

// "d" is of private keys, "k" is the key of shared ones.
bool is_secret(const json::object& jwk) {
  const json::value* kind = jwk.if_contains("kty");
  return jwk.contains("d") || jwk.contains("k") ||
         (kind != nullptr && kind->is_string() && kind->get_string() == "oct");
}

void check_use(const json::object& jwk) {
  if (const std::string use = text(jwk, "use"); !use.empty() && use != "sig") {
    throw std::runtime_error("the key is not for signatures");
  }
  const json::value* operations = jwk.if_contains("key_ops");
  if (operations == nullptr) return;
  if (!operations->is_array()) throw std::runtime_error("the key's \"key_ops\" is not a list");
  for (const json::value& one : operations->get_array())
    if (one.is_string() && one.get_string() == "verify") return;
  throw std::runtime_error("the key is not for verifying");
}

}  // namespace

Jwk parse_jwk(const json::object& jwk, std::span<const Algorithm> allowed) {
  if (is_secret(jwk)) throw std::runtime_error("the key is a private or a shared one");
  check_use(jwk);
  const std::string name = text(jwk, "alg");
  if (name.empty()) return {text(jwk, "kid"), VerificationKey(key_of(jwk), allowed)};
  const auto algorithm = find_algorithm(name);
  if (!algorithm || std::find(allowed.begin(), allowed.end(), *algorithm) == allowed.end()) {
    throw std::runtime_error("the key's \"alg\" is none of those accepted");
  }
  return {text(jwk, "kid"), VerificationKey(key_of(jwk), {&*algorithm, 1})};
}

std::vector<Jwk> parse_jwks(std::string_view text_of_set, std::span<const Algorithm> allowed) {
  if (text_of_set.size() > kMaxKeySetBytes) {
    throw std::runtime_error("the key set has more than " + std::to_string(kMaxKeySetBytes) +
                             " bytes");
  }
  const json::object set = parse_object(text_of_set);
  const json::value* list = set.if_contains("keys");
  if (list == nullptr || !list->is_array()) {
    throw std::runtime_error("the key set has no list \"keys\"");
  }
  if (list->get_array().size() > kMaxKeys) {
    throw std::runtime_error("the key set has more than " + std::to_string(kMaxKeys) + " keys");
  }
  std::vector<Jwk> keys;
  std::set<std::string> names;
  for (const json::value& item : list->get_array()) {
    if (!item.is_object()) continue;
    if (is_secret(item.get_object())) {
      throw std::runtime_error("the key set holds a private or a shared key");
    }
    const json::value* name = item.get_object().if_contains("kid");
    if (name != nullptr && name->is_string() && !names.emplace(name->get_string()).second) {
      throw std::runtime_error("the key set holds two keys of one name");
    }
    try {
      keys.push_back(parse_jwk(item.get_object(), allowed));
    } catch (const std::runtime_error&) {
      continue;  // not one of ours to understand
    }
  }
  return keys;
}

}  // namespace limen::plugins::jose
