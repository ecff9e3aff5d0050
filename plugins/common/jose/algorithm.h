// The signature algorithms that are understood (RFC 7518 section 3, RFC 8037). `none` and the HMAC
// family are not among them: with those, whoever verifies could also sign.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace limen::plugins::jose {

enum class Algorithm : std::uint8_t {
  rs256,
  rs384,
  rs512,
  ps256,
  ps384,
  ps512,
  es256,
  es384,
  es512,
  eddsa  // Ed25519
};

std::string_view name_of(Algorithm algorithm);                   // "RS256"
std::optional<Algorithm> find_algorithm(std::string_view name);  // names are case-sensitive

}  // namespace limen::plugins::jose
