#include "authn/fingerprints.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "base/strings.h"

namespace limen::authn {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

std::string presented_secret_sha256(const Credentials& credentials) {
  if (!credentials.bearer_token.empty()) return sha256_hex(credentials.bearer_token);
  constexpr std::string_view kScheme = "basic ";
  if (credentials.head == nullptr) return {};
  const std::string_view header = base::trim(credentials.head->header("Authorization"));
  if (header.size() <= kScheme.size() ||
      !base::iequals(header.substr(0, kScheme.size()), kScheme)) {
    return {};
  }
  const auto pair = base::base64_decode(base::trim(header.substr(kScheme.size())));
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return {};
  return sha256_hex(std::string_view(*pair).substr(colon + 1));
}

std::string certificate_serial_hex(std::string_view der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      d2i_X509(nullptr, &bytes, static_cast<long>(der.size())), X509_free);
  if (!certificate) return {};
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate.get()), nullptr), BN_free);
  if (!number) return {};
  char* const raw = BN_bn2hex(number.get());
  if (raw == nullptr) return {};
  std::string text = base::to_lower(raw);
  OPENSSL_free(raw);
  const std::size_t first = text.find_first_not_of('0');
  return first == std::string::npos ? "0" : text.substr(first);
}

}  // namespace limen::authn
