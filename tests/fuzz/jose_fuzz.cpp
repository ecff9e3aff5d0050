// Signed tokens, key sets and PEM files from anywhere are read or refused, never worse. What is
// read holds together: a token has the issuer it claims, a key that was taken can be written and
// read again.
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "common/jose/jwk.h"
#include "common/jose/jws.h"
#include "common/jose/key.h"

namespace jose = limen::plugins::jose;

namespace {

constexpr jose::Algorithm kAlgorithms[] = {jose::Algorithm::rs256, jose::Algorithm::ps256,
                                           jose::Algorithm::es256, jose::Algorithm::es384,
                                           jose::Algorithm::es512, jose::Algorithm::eddsa};

void read_token(std::string_view text) {
  const auto issuer = jose::unverified_issuer(text);
  const jose::Jws jws = jose::parse_jws(text);
  const boost::json::object claims = jose::claims_of(jws);
  const boost::json::value* claimed = claims.if_contains("iss");
  const bool named = claimed != nullptr && claimed->is_string();
  if (named != issuer.has_value() || (named && claimed->get_string() != *issuer)) std::abort();
}

void read_key_set(std::string_view text) {
  for (const jose::Jwk& one : jose::parse_jwks(text, kAlgorithms)) {
    if (!jose::parse_jwk(one.key.to_jwk(), kAlgorithms).key.same_as(one.key)) std::abort();
  }
}

void read_pem(std::string_view text) {
  for (const jose::PemKey& one : jose::read_pem_keys(text)) {
    const jose::VerificationKey key(one.key, kAlgorithms);
    if (key.verify(key.algorithms().front(), "input", text)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    switch (data[0] % 3) {
      case 0:
        read_token(text);
        break;
      case 1:
        read_key_set(text);
        break;
      default:
        read_pem(text);
    }
  } catch (const std::runtime_error&) {
    return 0;
  }
  return 0;
}
