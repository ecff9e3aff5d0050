// The signature of a request: its header, the text it covers, HMAC-SHA256 (RFC 2104) over it.
//
//   Authorization: Acme-HMAC-SHA256 key=robot, time=1767225600, nonce=XXXXXXXXXXXXXXXX,
//   signature=HEX
//
// Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace acme {

inline constexpr std::string_view kScheme = "Acme-HMAC-SHA256";

struct Signature {
  std::string key;        // which secret signed
  std::int64_t time = 0;  // seconds since 1970
  std::string nonce;      // 16 to 64 letters, digits, "-" and "_"; another for each request
  std::string bytes;      // 32
};

struct Covered {
  std::string_view method, path, query;  // the path decoded, the query as sent
};

// True for an Authorization header of this scheme, well-formed or not.
bool is_signed(std::string_view authorization);

// Nothing for a header that breaks a rule: a member that is missing, unknown or there twice, a time
// that is no number, a nonce of another length, a signature that is not 64 digits of hex.
std::optional<Signature> read_signature(std::string_view authorization);

// What is signed. Only a path can hold a line break, and it has a line on either side that cannot:
// no two requests have one text.
std::string text_to_sign(const Signature& signature, const Covered& covered);

// 32 bytes.
std::string hmac_sha256(std::string_view secret, std::string_view text);

// In the same time wherever the first difference is.
bool same_bytes(std::string_view a, std::string_view b);

// Nothing for what is not pairs of hex digits.
std::optional<std::string> from_hex(std::string_view text);

}  // namespace acme
