// Ports for programs that a test ends and starts again on the same one.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <random>
#include <set>

namespace limen::test {

// A port of the loopback that nobody listens on, below those the system hands out by itself, so
// that nobody takes it while its owner is down. No two of one process are the same. One thread.
inline std::uint16_t quiet_port() {
  static std::set<std::uint16_t> given;
  static std::random_device random;
  while (true) {
    const auto port = static_cast<std::uint16_t>(10000 + random() % 22000);
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_free =
        ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    if (is_free && given.insert(port).second) return port;
  }
}

}  // namespace limen::test
