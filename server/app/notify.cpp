#include "app/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/strings.h"

namespace limen::app {

namespace {

std::string taken_from_environment(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  unsetenv(name);
  return text;
}

// 0 for what is no such number.
std::int64_t positive(const std::string& text) {
  const auto value = base::parse_int(text);
  return value && *value > 0 ? *value : 0;
}

// Of the clock that MONOTONIC_USEC is told by.
std::string monotonic_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000);
}

}  // namespace

ServiceManager ServiceManager::of_environment() {
  std::string socket = taken_from_environment("NOTIFY_SOCKET");
  const std::int64_t watchdog = positive(taken_from_environment("WATCHDOG_USEC"));
  const std::string watched = taken_from_environment("WATCHDOG_PID");
  const bool watches_us = watched.empty() || positive(watched) == getpid();
  return {std::move(socket), std::chrono::microseconds(watches_us ? watchdog : 0)};
}

void ServiceManager::ready(std::string_view status) const {
  std::string message = "READY=1";
  if (!status.empty()) message.append("\nSTATUS=");
  // The end of a line would begin another message.
  for (const char c : status) message += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  tell(message, 0);
}

void ServiceManager::reloading() const {
  tell("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds(), 0);
}

void ServiceManager::stopping(std::chrono::microseconds limit) const {
  const std::string count = std::to_string(limit.count());
  std::string message = "STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=" + count;
  if (watchdog_ > std::chrono::microseconds(0)) message += "\nWATCHDOG_USEC=" + count;
  tell(message, 0);
}

void ServiceManager::alive() const { tell("WATCHDOG=1", MSG_DONTWAIT); }

void ServiceManager::tell(std::string_view message, int flags) const {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const bool named = socket_.starts_with('/') || (socket_.starts_with('@') && socket_.size() > 1);
  if (!named || socket_.size() >= sizeof to.sun_path) return;
  std::memcpy(to.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') to.sun_path[0] = '\0';
  const int from = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (from < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size() +
                                           (socket_[0] == '/' ? 1 : 0));
  (void)!::sendto(from, message.data(), message.size(), flags | MSG_NOSIGNAL,
                  reinterpret_cast<const sockaddr*>(&to), size);
  ::close(from);
}

}  // namespace limen::app
