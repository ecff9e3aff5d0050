#include "reasked.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

#include "exchange.h"
#include "report.h"

namespace limen::bench {

namespace {

using Clock = std::chrono::steady_clock;

// Longer than the server lets changes of rights settle, so that the asking lies within.
constexpr auto kRound = std::chrono::milliseconds(1500);

std::uint32_t micros_since(Clock::time_point start) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
}

// The open watches, and which of them were told that they may not go on.
class Watches {
 public:
  Watches(SSL_CTX* context, const Target& target, const Reasked& what)
      : all_(what.watches), epoll_(epoll_create1(0)) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      all_[i].connection = std::make_unique<Connection>(context, target);
      all_[i].connection->send(request_text("GET", what.path + "?watch=true", what.token));
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, all_[i].connection->fd(), &event);
    }
  }
  ~Watches() { close(epoll_); }
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  std::size_t forbidden() const { return forbidden_; }

  // Reads what comes until then, or until all have ended.
  void read_until(Clock::time_point end, const std::function<void()>& told) {
    epoll_event events[256];
    while (forbidden_ < all_.size() && Clock::now() < end) {
      const int ready = epoll_wait(epoll_, events, 256, 20);
      for (int i = 0; i < ready; ++i) {
        if (read(all_[events[i].data.u64])) told();
      }
    }
  }

 private:
  struct Watch {
    std::unique_ptr<Connection> connection;
    std::string seen;
  };

  // True when it was told now.
  bool read(Watch& watch) {
    char buffer[16384];
    int got = 0;
    while ((got = watch.connection->receive(buffer, sizeof(buffer))) > 0) {
      watch.seen.append(buffer, static_cast<std::size_t>(got));
    }
    if (got < 0) epoll_ctl(epoll_, EPOLL_CTL_DEL, watch.connection->fd(), nullptr);
    if (watch.seen.find("\"code\":403") == std::string::npos) return false;
    watch.seen.clear();
    ++forbidden_;
    return true;
  }

  std::vector<Watch> all_;
  const int epoll_;
  std::size_t forbidden_ = 0;
};

// One request after the other, a few milliseconds apart: what somebody else notices.
class Bystander {
 public:
  Bystander(SSL_CTX* context, const Target& target, std::string request)
      : connection_(context, target), request_(std::move(request)), thread_([this] { run(); }) {}
  ~Bystander() { stop(); }
  Bystander(const Bystander&) = delete;
  Bystander& operator=(const Bystander&) = delete;

  // Ends it; what it noticed.
  Latencies& stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return latencies_;
  }

 private:
  void run() {
    while (!stopping_) {
      const auto sent = Clock::now();
      exchange(connection_, request_);
      latencies_.micros.push_back(micros_since(sent));
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  }

  Connection connection_;
  const std::string request_;
  Latencies latencies_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace

int run_reasked(const Target& target, const Reasked& what, const std::vector<int>& pids) {
  const auto context = client_context();
  Connection admin(context.get(), target);
  const auto change = [&](const std::string& method, const std::string& path,
                          const std::string& body) {
    const int status = exchange(admin, request_text(method, path, what.admin_token, body));
    if (status != 200)
      throw std::runtime_error(method + " " + path + ": " + std::to_string(status));
  };
  Watches watches(context.get(), target, what);
  watches.read_until(Clock::now() + std::chrono::seconds(2), [] {});

  const auto round = [&](const char* name, bool touch) {
    Bystander bystander(context.get(), target,
                        request_text("GET", what.path + "?limit=1", what.admin_token));
    const double cpu = cpu_seconds(pids);
    for (int i = 0; i < what.rounds; ++i) {
      if (touch) {
        change("PATCH", what.role,
               R"({"metadata":{"labels":{"touched":")" + std::to_string(i) + "\"}}}");
      }
      watches.read_until(Clock::now() + kRound, [] {});
    }
    const double spent = (cpu_seconds(pids) - cpu) / what.rounds;
    Latencies& seen = bystander.stop();
    std::printf(
        "{\"bench\":\"%s\",\"watches\":%zu,\"server_cpu_ms\":%.1f,\"bystander_p50_us\":%.0f,"
        "\"bystander_p99_us\":%.0f,\"bystander_max_us\":%.0f}\n",
        name, what.watches, spent * 1e3, seen.percentile(0.5), seen.percentile(0.99),
        seen.percentile(1));
    std::fflush(stdout);
  };
  round("watches_left_alone", false);
  round("watches_asked_again", true);
  const bool early = watches.forbidden() > 0;

  Latencies ends;
  change("DELETE", what.binding, "");
  const auto gone = Clock::now();
  watches.read_until(gone + std::chrono::seconds(10),
                     [&] { ends.micros.push_back(micros_since(gone)); });
  std::printf(
      "{\"bench\":\"watches_ended\",\"watches\":%zu,\"ended\":%zu,\"p50_ms\":%.0f,"
      "\"last_ms\":%.0f}\n",
      what.watches, ends.micros.size(), ends.percentile(0.5) / 1e3, ends.percentile(1) / 1e3);
  return !early && ends.micros.size() == what.watches ? 0 : 1;
}

}  // namespace limen::bench
