// AddressRange: a block of IP addresses in CIDR form (RFC 4632, RFC 4291), and its addresses by
// number.
//
// A plain value; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limen::base {

class AddressRange {
 public:
  // Nothing when `cidr` is no block that services can have their addresses from: its address must
  // be its first, and it holds at least 8 and at most 2^24 addresses (IPv6: 2^20).
  static std::optional<AddressRange> parse(std::string_view cidr);
  // Why parse() gives nothing; empty when it gives something.
  static std::string problem(std::string_view cidr);

  bool is_v6() const { return v6_; }
  std::string_view family() const { return v6_ ? "IPv6" : "IPv4"; }
  const std::string& text() const { return text_; }
  std::uint32_t size() const { return size_; }
  // The addresses services can have: not the first, which names the network, and of IPv4 not the
  // last, which is its broadcast address.
  std::uint32_t first_usable() const { return 1; }
  std::uint32_t last_usable() const { return v6_ ? size_ - 1 : size_ - 2; }

  // The number of an address; nothing when it is no address of this range.
  std::optional<std::uint32_t> number_of(std::string_view address) const;
  std::string address(std::uint32_t number) const;

 private:
  using Bytes = std::array<unsigned char, 16>;  // IPv4 in the first four
  bool v6_ = false;
  Bytes base_{};
  std::uint32_t size_ = 0;
  std::string text_;
};

// "IPv4", "IPv6", or "" for what is no IP address.
std::string_view family_of(std::string_view address);

}  // namespace limen::base
