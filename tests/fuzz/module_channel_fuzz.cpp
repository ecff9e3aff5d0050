// Any bytes from the other end of the socket between the server and a module's process. However
// they are framed, every question that was open is answered once, and the end is told once, after
// the last answer.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <future>

#include "isolation/peer.h"
#include "observability/log.h"

namespace {

constexpr std::uint64_t kQuestions = 3;  // open while the bytes arrive

void require(bool held) {
  if (!held) std::abort();
}

// Writes all of it, or until the other side has hung up.
void send_all(int socket, const std::uint8_t* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(socket, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
}

// What the peer writes must not fill the socket.
void drain(int socket) {
  std::array<char, 4096> buffer{};
  while (::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limen;
  log::set_level(log::Level::error);  // a line for each message that is none would be all it does
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) return 0;
  std::array<std::atomic<int>, kQuestions> answered{};
  std::promise<void> ended;
  std::atomic<int> ends{0};
  isolation::Peer* self = nullptr;
  isolation::Peer peer(
      sockets[0],
      [&self](std::uint64_t id, isolation::Message& request) {
        if (id != 0) self->answer(id, std::move(request));
      },
      [&] {
        for (const auto& count : answered) require(count == 1);
        if (++ends == 1) ended.set_value();
      });
  self = &peer;
  for (std::uint64_t i = 0; i < kQuestions; ++i) {
    peer.ask(i + 1, {}, [&count = answered[i]](isolation::Message&) { ++count; });
  }
  peer.start();
  send_all(sockets[1], data, size);
  drain(sockets[1]);
  ::shutdown(sockets[1], SHUT_WR);
  ended.get_future().wait();
  peer.close();
  ::close(sockets[1]);
  require(ends == 1);
  for (const auto& count : answered) require(count == 1);
  return 0;
}

#include "replay_main.h"
