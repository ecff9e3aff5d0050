#include "common/certificates/denylist.h"

#include <openssl/bn.h>

#include <algorithm>
#include <stdexcept>

#include "common/digest.h"
#include "common/text_file.h"

namespace limen::plugins {

namespace {

constexpr std::size_t kMaxSerialDigits = 40;  // RFC 5280 section 4.1.2.2: 20 bytes
constexpr std::size_t kFingerprintDigits = 64;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Empty when it is no hexadecimal number.
std::string hex_digits(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ':') continue;
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c + ('a' - 'A')) : c;
    if (!((lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'f'))) return {};
    digits += lower;
  }
  return digits;
}

std::string without_leading_zeros(const std::string& digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string::npos ? "0" : digits.substr(first);
}

std::string serial_of(const X509& certificate) {
  const std::unique_ptr<BIGNUM, OpensslFree<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
  char* const digits = number == nullptr ? nullptr : BN_bn2hex(number.get());
  const std::string text = digits == nullptr ? "" : digits;
  OPENSSL_free(digits);
  return without_leading_zeros(hex_digits(text));
}

std::string fingerprint_of(const X509& certificate) {
  Digest digest{};
  unsigned length = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest.data(), &length) != 1) {
    throw std::runtime_error(take_openssl_error());
  }
  return to_hex(digest);
}

}  // namespace

Denylist Denylist::read(const std::string& path) {
  return parse(read_text_file(path, kMaxDenylistBytes), path);
}

Denylist Denylist::parse(std::string_view text, const std::string& path) {
  Denylist list;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view entry = trim(text.substr(0, std::min(end, text.find('#'))));
    text.remove_prefix(std::min(end + 1, text.size()));
    try {
      if (!entry.empty()) list.add(entry);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(path + ":" + std::to_string(line) + ": " + error.what());
    }
  }
  return list;
}

void Denylist::add(std::string_view entry) {
  const std::size_t blank = std::min(entry.find_first_of(" \t"), entry.size());
  const std::string_view kind = entry.substr(0, blank);
  const std::string digits = hex_digits(trim(entry.substr(blank)));
  if (kind == "cert-serial") {
    const std::string serial = without_leading_zeros(digits);
    if (digits.empty() || serial.size() > kMaxSerialDigits) {
      throw std::runtime_error("cert-serial wants a hexadecimal number of at most 20 bytes");
    }
    serials_.insert(serial);
  } else if (kind == "cert-sha256") {
    if (digits.size() != kFingerprintDigits) {
      throw std::runtime_error("cert-sha256 wants 64 hexadecimal digits");
    }
    fingerprints_.insert(digits);
  } else {
    throw std::runtime_error("an entry begins with cert-serial or cert-sha256");
  }
}

bool Denylist::lists(const X509& certificate) const {
  return (!serials_.empty() && serials_.contains(serial_of(certificate))) ||
         (!fingerprints_.empty() && fingerprints_.contains(fingerprint_of(certificate)));
}

}  // namespace limen::plugins
