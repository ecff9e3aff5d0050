#include "validation/kinds/addresses.h"

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <string>

#include "base/strings.h"

namespace limen::validation {

namespace {

bool is_family(std::string_view text, int family) {
  std::array<unsigned char, 16> bytes;
  return inet_pton(family, std::string(text).c_str(), bytes.data()) == 1;
}

}  // namespace

bool is_ip(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;
  return is_family(text, AF_INET) || is_family(text, AF_INET6);
}

bool is_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || !is_ip(text.substr(0, slash))) return false;
  const std::string_view length = text.substr(slash + 1);
  const auto bits = base::parse_int(length);
  const bool plain = length == "0" || (!length.empty() && length[0] != '0' && length[0] != '-');
  return bits && plain && *bits <= (is_family(text.substr(0, slash), AF_INET) ? 32 : 128);
}

bool is_within(std::string_view inner, std::string_view outer) {
  struct Block {
    std::array<unsigned char, 16> bytes{};
    int family = AF_INET;
    std::int64_t bits = 0;
  };
  const auto read = [](std::string_view text) {
    Block out;
    const std::size_t slash = text.find('/');
    const std::string address(text.substr(0, slash));
    out.family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
    inet_pton(out.family, address.c_str(), out.bytes.data());
    out.bits = base::parse_int(text.substr(slash + 1)).value_or(0);
    return out;
  };
  const Block in = read(inner);
  const Block out = read(outer);
  if (in.family != out.family || in.bits <= out.bits) return false;
  for (std::int64_t bit = 0; bit < out.bits; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const auto mask = static_cast<unsigned char>(0x80 >> (bit % 8));
    if ((in.bytes[byte] & mask) != (out.bytes[byte] & mask)) return false;
  }
  return true;
}

}  // namespace limen::validation
