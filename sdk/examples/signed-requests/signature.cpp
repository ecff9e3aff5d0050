#include "signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace acme {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool is_nonce(std::string_view text) {
  return text.size() >= 16 && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_';
         });
}

bool read_time(std::string_view text, std::int64_t& time) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), time);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && time >= 0;
}

// One member of the header; false for one that is not known, not well-formed or there already.
bool take_member(std::string_view member, Signature& signature, bool& has_time) {
  const std::size_t equals = member.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = member.substr(0, equals);
  const std::string_view value = member.substr(equals + 1);
  if (name == "key" && signature.key.empty()) {
    signature.key = value;
    return !value.empty() && value.size() <= 64;
  }
  if (name == "time" && !has_time) return has_time = read_time(value, signature.time);
  if (name == "nonce" && signature.nonce.empty()) {
    signature.nonce = value;
    return is_nonce(value);
  }
  if (name == "signature" && signature.bytes.empty() && value.size() == 64) {
    const auto bytes = from_hex(value);
    signature.bytes = bytes.value_or("");
    return bytes.has_value();
  }
  return false;
}

}  // namespace

bool is_signed(std::string_view authorization) {
  if (authorization.size() <= kScheme.size() || authorization[kScheme.size()] != ' ') return false;
  return std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::optional<Signature> read_signature(std::string_view authorization) {
  if (!is_signed(authorization)) return std::nullopt;
  std::string_view rest = authorization.substr(kScheme.size() + 1);
  Signature signature;
  bool has_time = false;
  while (true) {
    const std::size_t comma = rest.find(',');
    if (!take_member(trimmed(rest.substr(0, comma)), signature, has_time)) return std::nullopt;
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (signature.key.empty() || !has_time || signature.nonce.empty() || signature.bytes.empty()) {
    return std::nullopt;
  }
  return signature;
}

std::string text_to_sign(const Signature& signature, const Covered& covered) {
  std::string text(kScheme);
  text += '\n' + std::to_string(signature.time) + '\n' + signature.nonce + '\n';
  text.append(covered.method).append("\n").append(covered.path).append("\n").append(covered.query);
  return text;
}

std::string hmac_sha256(std::string_view secret, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), out,
           &size) == nullptr) {
    throw std::runtime_error("OpenSSL has no HMAC-SHA256");
  }
  return std::string(reinterpret_cast<const char*>(out), size);
}

bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace acme
