#include "proxy/resolver.h"

#include <netdb.h>

#include <cstring>
#include <memory>
#include <utility>

#include "base/worker_pool.h"

namespace limen::proxy {

namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kMostWaiting = 256;
constexpr std::size_t kMostAddresses = 16;

base::WorkerPool& workers() {
  // Never destroyed: see the header.
  static auto* const pool = new base::WorkerPool("lookups", kThreads, kMostWaiting);
  return *pool;
}

std::string reason(int code) {
  switch (code) {
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
      return "no such host";
    case EAI_AGAIN:
      return "server misbehaving";
    default:
      return ::gai_strerror(code);
  }
}

Lookup ask(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* raw = nullptr;
  Lookup result;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &raw);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> found(raw, [](addrinfo* list) {
    if (list != nullptr) ::freeaddrinfo(list);
  });
  for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    if (result.addresses.size() == kMostAddresses) break;
    Address address;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
    result.addresses.push_back(address);
  }
  if (result.addresses.empty()) {
    result.error = "lookup " + host + ": " + reason(code == 0 ? EAI_NONAME : code);
  }
  return result;
}

}  // namespace

void look_up(std::string host, std::uint16_t port, const transport::LoopDoor& door,
             std::function<void(Lookup)> done) {
  const auto answer = [door, done](Lookup result) {
    door.post([done, result = std::move(result)]() mutable { done(std::move(result)); });
  };
  const bool taken = workers().submit([host, port, answer](bool cancelled) {
    answer(cancelled ? Lookup{{}, "lookup " + host + ": operation was canceled"} : ask(host, port));
  });
  if (!taken) answer({{}, "lookup " + host + ": too many lookups are waiting"});
}

}  // namespace limen::proxy
