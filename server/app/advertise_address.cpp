#include "app/advertise_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/options.h"

namespace limen::app {

namespace {

// Of the blocks for documentation (RFC 5737, RFC 3849): far away, and nothing is sent there.
constexpr const char* kFarV4 = "192.0.2.1";
constexpr const char* kFarV6 = "2001:db8::1";

bool reaches_others(const std::string& address) {
  return config::is_ip_address(address) && !config::is_loopback_address(address) &&
         address != "0.0.0.0" && address != "::";
}

// The address a datagram to `far` would come from; "" when there is no way there.
template <class Address>
std::string source_towards(int family, Address& to, void* far_bytes, const char* far,
                           const void* (*bytes_of)(const Address&)) {
  if (inet_pton(family, far, far_bytes) != 1) return {};
  const int socket = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return {};
  Address from{};
  socklen_t size = sizeof from;
  const bool found = ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&from), &size) == 0;
  ::close(socket);
  char text[INET6_ADDRSTRLEN] = "";
  if (!found || inet_ntop(family, bytes_of(from), text, sizeof text) == nullptr) return {};
  return reaches_others(text) ? text : std::string();
}

std::string source_v4() {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);
  return source_towards<sockaddr_in>(
      AF_INET, to, &to.sin_addr, kFarV4,
      [](const sockaddr_in& from) -> const void* { return &from.sin_addr; });
}

std::string source_v6() {
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(9);
  return source_towards<sockaddr_in6>(
      AF_INET6, to, &to.sin6_addr, kFarV6,
      [](const sockaddr_in6& from) -> const void* { return &from.sin6_addr; });
}

}  // namespace

std::string advertise_address(const config::SecureListener& secure) {
  if (!secure.advertise_address.empty()) return secure.advertise_address;
  if (reaches_others(secure.bind_address)) return secure.bind_address;
  const std::string found = source_v4();
  return found.empty() ? source_v6() : found;
}

}  // namespace limen::app
