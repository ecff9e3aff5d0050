#include "base/address_range.h"

#include <arpa/inet.h>

#include "base/strings.h"

namespace limen::base {

namespace {

constexpr std::uint32_t kFewest = 8;
constexpr int kMostBitsV4 = 24;
constexpr int kMostBitsV6 = 20;

bool parse_address(std::string_view text, bool v6, unsigned char* bytes) {
  if (text.find('\0') != std::string_view::npos) return false;
  return inet_pton(v6 ? AF_INET6 : AF_INET, std::string(text).c_str(), bytes) == 1;
}

// The last four bytes of an address as a number.
std::uint32_t tail_of(const unsigned char* bytes, bool v6) {
  const unsigned char* const tail = bytes + (v6 ? 12 : 0);
  return static_cast<std::uint32_t>(tail[0]) << 24U | static_cast<std::uint32_t>(tail[1]) << 16U |
         static_cast<std::uint32_t>(tail[2]) << 8U | tail[3];
}

void set_tail(unsigned char* bytes, bool v6, std::uint32_t value) {
  unsigned char* const tail = bytes + (v6 ? 12 : 0);
  for (int i = 0; i < 4; ++i) tail[i] = static_cast<unsigned char>(value >> (24 - 8 * i));
}

struct Parsed {
  bool v6 = false;
  std::array<unsigned char, 16> base{};
  int host_bits = 0;
  std::string problem;
};

Parsed parse_block(std::string_view cidr) {
  Parsed parsed;
  const std::size_t slash = cidr.find('/');
  const std::string_view address = cidr.substr(0, slash);
  parsed.v6 = address.find(':') != std::string_view::npos;
  const std::int64_t length =
      slash == std::string_view::npos ? -1 : parse_int(cidr.substr(slash + 1)).value_or(-1);
  const int bits = parsed.v6 ? 128 : 32;
  if (!parse_address(address, parsed.v6, parsed.base.data()) || length < 0 || length > bits) {
    parsed.problem = "must be a block of addresses such as 10.96.0.0/12";
    return parsed;
  }
  parsed.host_bits = bits - static_cast<int>(length);
  const int most = parsed.v6 ? kMostBitsV6 : kMostBitsV4;
  if (parsed.host_bits > most || (std::uint64_t{1} << parsed.host_bits) < kFewest) {
    parsed.problem = "must hold at least 8 addresses and at most 2^" + std::to_string(most) +
                     ": write a prefix length from " + std::to_string(bits - most) + " to " +
                     std::to_string(bits - 3);
    return parsed;
  }
  const std::uint32_t hosts = (1U << parsed.host_bits) - 1;
  if ((tail_of(parsed.base.data(), parsed.v6) & hosts) != 0) {
    parsed.problem = "must begin with the first address of the block";
  }
  return parsed;
}

}  // namespace

std::optional<AddressRange> AddressRange::parse(std::string_view cidr) {
  const Parsed parsed = parse_block(cidr);
  if (!parsed.problem.empty()) return std::nullopt;
  AddressRange range;
  range.v6_ = parsed.v6;
  range.base_ = parsed.base;
  range.size_ = 1U << parsed.host_bits;
  range.text_ = cidr;
  return range;
}

std::string AddressRange::problem(std::string_view cidr) { return parse_block(cidr).problem; }

std::optional<std::uint32_t> AddressRange::number_of(std::string_view address) const {
  Bytes bytes{};
  if (!parse_address(address, v6_, bytes.data())) return std::nullopt;
  const std::uint32_t tail = tail_of(bytes.data(), v6_);
  const std::uint32_t first = tail_of(base_.data(), v6_);
  if (tail < first || tail - first >= size_) return std::nullopt;
  // All before the tail is the same for every address of the block.
  set_tail(bytes.data(), v6_, first);
  if (bytes != base_) return std::nullopt;
  return tail - first;
}

std::string AddressRange::address(std::uint32_t number) const {
  Bytes bytes = base_;
  set_tail(bytes.data(), v6_, tail_of(base_.data(), v6_) + number);
  char text[INET6_ADDRSTRLEN];
  inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes.data(), text, sizeof text);
  return text;
}

std::string_view family_of(std::string_view address) {
  unsigned char bytes[16];
  if (parse_address(address, false, bytes)) return "IPv4";
  return parse_address(address, true, bytes) ? "IPv6" : "";
}

}  // namespace limen::base
