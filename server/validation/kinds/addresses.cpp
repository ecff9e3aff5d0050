#include "validation/kinds/addresses.h"

#include <arpa/inet.h>

#include <array>
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

}  // namespace limen::validation
