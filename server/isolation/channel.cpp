#include "isolation/channel.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace limen::isolation {

namespace {

constexpr std::size_t kHeader = 4;

std::array<char, kHeader> header_of(std::size_t length) {
  std::array<char, kHeader> out{};
  for (std::size_t i = 0; i < kHeader; ++i) {
    out[i] = static_cast<char>((length >> (8 * i)) & 0xFF);
  }
  return out;
}

std::size_t length_of(std::string_view header) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < kHeader; ++i) {
    out |= static_cast<std::size_t>(static_cast<unsigned char>(header[i])) << (8 * i);
  }
  return out;
}

}  // namespace

Channel::Channel(int socket, OnMessage on_message, std::function<void()> on_end)
    : socket_(socket), on_message_(std::move(on_message)), on_end_(std::move(on_end)) {
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) {
    const int error = errno;
    ::close(socket_);
    throw std::system_error(error, std::generic_category(), "eventfd");
  }
}

Channel::~Channel() {
  close();
  ::close(socket_);
  ::close(wake_);
}

void Channel::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "module-channel");
}

bool Channel::send(std::string_view message) {
  if (message.size() > kMaxMessage) return false;
  std::array<char, kHeader> header = header_of(message.size());
  const std::lock_guard lock(mutex_);
  if (ended_) return false;
  std::size_t done = 0;
  if (queue_.empty()) {
    std::array<iovec, 2> parts = {
        {{header.data(), header.size()}, {const_cast<char*>(message.data()), message.size()}}};
    msghdr head{};
    head.msg_iov = parts.data();
    head.msg_iovlen = parts.size();
    const ssize_t wrote = ::sendmsg(socket_, &head, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (wrote > 0) done = static_cast<std::size_t>(wrote);
    if (done == header.size() + message.size()) return true;
  }
  if (done == 0 && queue_.size() - sent_ + message.size() > kMaxQueued) return false;
  if (done < header.size()) queue_.append(header.data() + done, header.size() - done);
  const std::size_t skip = done > header.size() ? done - header.size() : 0;
  queue_.append(message.substr(skip));
  wake();
  return true;
}

void Channel::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = ::write(wake_, &one, sizeof(one));
}

void Channel::hang_up() { ::shutdown(socket_, SHUT_RDWR); }

void Channel::close() {
  closing_.store(true);
  wake();
  if (thread_.joinable()) thread_.join();
}

// Writes what waits; false when the other side is gone.
bool Channel::flush() {
  const std::lock_guard lock(mutex_);
  while (sent_ < queue_.size()) {
    const ssize_t wrote =
        ::send(socket_, queue_.data() + sent_, queue_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (wrote < 0) return errno == EAGAIN || errno == EINTR;
    sent_ += static_cast<std::size_t>(wrote);
  }
  queue_.clear();
  if (queue_.capacity() > std::size_t{1024} * 1024) queue_.shrink_to_fit();
  sent_ = 0;
  return true;
}

bool Channel::read_some(std::string& input) {
  constexpr std::size_t kStep = std::size_t{64} * 1024;
  const std::size_t before = input.size();
  input.resize(before + kStep);
  const ssize_t got = ::recv(socket_, input.data() + before, kStep, MSG_DONTWAIT);
  input.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  return got > 0;
}

// False when the other side announces more than any message may have.
bool Channel::take_messages(std::string& input) {
  std::size_t at = 0;
  while (input.size() - at >= kHeader) {
    const std::size_t length = length_of(std::string_view(input).substr(at, kHeader));
    if (length > kMaxMessage) return false;
    if (input.size() - at - kHeader < length) break;
    on_message_(std::string_view(input).substr(at + kHeader, length));
    at += kHeader + length;
  }
  input.erase(0, at);
  return true;
}

void Channel::run() {
  std::string input;
  while (!closing_.load()) {
    bool waits = false;
    {
      const std::lock_guard lock(mutex_);
      waits = sent_ < queue_.size();
    }
    const auto wanted = static_cast<short>(POLLIN | (waits ? POLLOUT : 0));
    std::array<pollfd, 2> fds = {{{socket_, wanted, 0}, {wake_, POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if ((fds[1].revents & POLLIN) != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t ignored = ::read(wake_, &count, sizeof(count));
    }
    if ((fds[0].revents & POLLOUT) != 0 && !flush()) break;
    if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    if (!read_some(input) || !take_messages(input)) break;
  }
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  on_end_();
}

}  // namespace limen::isolation
