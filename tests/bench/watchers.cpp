#include "watchers.h"

#include <sys/epoll.h>

#include <chrono>
#include <memory>
#include <thread>

#include "exchange.h"
#include "report.h"

namespace limen::bench {

namespace {

using Clock = std::chrono::steady_clock;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch())
      .count();
}

constexpr std::string_view kStamp = "stamp-";  // followed by the microsecond of sending, then "-"

// A watcher scans its stream for stamps; events may be split anywhere.
struct Watcher {
  std::unique_ptr<Connection> connection;
  std::string rest;
  std::size_t events = 0;

  void scan(std::string_view bytes, Latencies& latencies) {
    rest += bytes;
    std::size_t at = 0;
    for (;;) {
      const std::size_t found = rest.find(kStamp, at);
      if (found == std::string::npos) break;
      const std::size_t end = rest.find('-', found + kStamp.size());
      if (end == std::string::npos) {
        at = found;
        break;
      }
      const std::int64_t sent = std::atoll(rest.c_str() + found + kStamp.size());
      latencies.micros.push_back(static_cast<std::uint32_t>(now_us() - sent));
      ++events;
      at = end;
    }
    const std::size_t keep = std::min<std::size_t>(rest.size() - at, 64);
    rest.erase(0, rest.size() - keep);
  }
};

}  // namespace

int run_watchers(const Target& target, const FanOut& what, const std::vector<int>& pids) {
  const std::string& token = what.token;
  const std::string& path = what.path;
  const std::size_t watchers = what.watchers;
  const double writes = what.writes;
  const double seconds = what.seconds;
  const auto context = client_context();
  std::vector<Watcher> all(watchers);
  const int epoll = epoll_create1(0);
  for (std::size_t i = 0; i < watchers; ++i) {
    all[i].connection = std::make_unique<Connection>(context.get(), target);
    all[i].connection->send(request_text("GET", path + "?watch=true", token, "", what.accept));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].connection->fd(), &event);
  }
  // Let every watch begin before the first write.
  std::this_thread::sleep_for(std::chrono::seconds(1));

  const auto total = static_cast<std::size_t>(writes * seconds);
  std::size_t refused = 0;
  const double cpu = cpu_seconds(pids);
  std::thread writer([&] {
    Connection connection(context.get(), target);
    const auto start = Clock::now();
    for (std::size_t i = 0; i < total; ++i) {
      std::this_thread::sleep_until(
          start + std::chrono::duration_cast<Clock::duration>(
                      std::chrono::duration<double>(static_cast<double>(i) / writes)));
      const std::string body =
          R"({"data":{"stamp":")" + std::string(kStamp) + std::to_string(now_us()) + "-\"}}";
      if (exchange(connection, request_text("PATCH", path + "/watched", token, body)) != 200)
        ++refused;
    }
  });

  Latencies latencies;
  std::size_t seen = 0;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(seconds + 5));
  epoll_event events[256];
  char buffer[65536];
  while (seen < total * watchers && Clock::now() < end) {
    const int ready = epoll_wait(epoll, events, 256, 200);
    for (int i = 0; i < ready; ++i) {
      Watcher& watcher = all[events[i].data.u64];
      const std::size_t before = watcher.events;
      int got = 0;
      while ((got = watcher.connection->receive(buffer, sizeof(buffer))) > 0)
        watcher.scan({buffer, static_cast<std::size_t>(got)}, latencies);
      if (got < 0) epoll_ctl(epoll, EPOLL_CTL_DEL, watcher.connection->fd(), nullptr);
      seen += watcher.events - before;
    }
  }
  writer.join();
  print_result(what.name, watchers, seen, refused, seconds, cpu_seconds(pids) - cpu, latencies);
  return seen == total * watchers && refused == 0 ? 0 : 1;
}

}  // namespace limen::bench
