#include "proxy/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace limen::proxy {

namespace {

const sockaddr_in& as_v4(const Address& address) {
  return reinterpret_cast<const sockaddr_in&>(address.storage);
}

const sockaddr_in6& as_v6(const Address& address) {
  return reinterpret_cast<const sockaddr_in6&>(address.storage);
}

bool is_global_v4(const unsigned char* bytes) {
  const bool unspecified =
      std::all_of(bytes, bytes + 4, [](unsigned char one) { return one == 0; });
  const bool broadcast =
      std::all_of(bytes, bytes + 4, [](unsigned char one) { return one == 255; });
  const bool loopback = bytes[0] == 127;
  const bool link_local = bytes[0] == 169 && bytes[1] == 254;
  const bool multicast = (bytes[0] & 0xF0) == 0xE0;
  return !unspecified && !broadcast && !loopback && !link_local && !multicast;
}

bool is_global_v6(const in6_addr& address) {
  // IPv4-compatible addresses (::a.b.c.d) are long dead and reach nobody.
  if (IN6_IS_ADDR_V4MAPPED(&address)) return is_global_v4(address.s6_addr + 12);
  return !IN6_IS_ADDR_UNSPECIFIED(&address) && !IN6_IS_ADDR_LOOPBACK(&address) &&
         !IN6_IS_ADDR_LINKLOCAL(&address) && !IN6_IS_ADDR_MULTICAST(&address) &&
         !IN6_IS_ADDR_V4COMPAT(&address);
}

}  // namespace

std::string Address::ip() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* const bytes = family() == AF_INET ? static_cast<const void*>(&as_v4(*this).sin_addr)
                                                : static_cast<const void*>(&as_v6(*this).sin6_addr);
  if (::inet_ntop(family(), bytes, text.data(), text.size()) == nullptr) return {};
  return text.data();
}

std::string Address::host_port() const {
  const std::uint16_t port =
      ntohs(family() == AF_INET ? as_v4(*this).sin_port : as_v6(*this).sin6_port);
  return join_host_port(ip(), port);
}

std::optional<Address> parse_address(const std::string& ip, std::uint16_t port) {
  Address address;
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.size = sizeof v4;
    return address;
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.size = sizeof v6;
    return address;
  }
  return std::nullopt;
}

bool is_global_unicast(const Address& address) {
  if (address.family() == AF_INET) {
    return is_global_v4(reinterpret_cast<const unsigned char*>(&as_v4(address).sin_addr));
  }
  return address.family() == AF_INET6 && is_global_v6(as_v6(address).sin6_addr);
}

bool is_global_unicast(const std::string& ip) {
  const auto address = parse_address(ip, 0);
  return address && is_global_unicast(*address);
}

std::string join_host_port(const std::string& host, std::uint16_t port) {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace limen::proxy
