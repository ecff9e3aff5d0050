// Socket addresses: from text, as text, and whether one may be connected to.
//
// Pure functions on values; any thread.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace limen::proxy {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  int family() const { return storage.ss_family; }
  std::string ip() const;         // without zone
  std::string host_port() const;  // "192.0.2.1:443", "[2001:db8::1]:443"
};

// Nothing when `ip` is no address in the usual notation.
std::optional<Address> parse_address(const std::string& ip, std::uint16_t port);

// Go's IP.IsGlobalUnicast: not unspecified, loopback, link-local, multicast or limited broadcast;
// an IPv4 address that is written as IPv6 (::ffff:127.0.0.1) is what it stands for.
bool is_global_unicast(const Address& address);
// The same of text; false for what is no address.
bool is_global_unicast(const std::string& ip);

// "host:port" with brackets where they are needed.
std::string join_host_port(const std::string& host, std::uint16_t port);

}  // namespace limen::proxy
