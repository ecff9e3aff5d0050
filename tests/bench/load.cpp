// A closed-loop load generator: N keep-alive connections, each with one request at a time.
//
//   limen_load --name get --port 6443 --path /api/... --token T --connections 64 --seconds 5 --pid
//   123 limen_load ... --accept TYPE --gzip 1                     another form of the answer
//   limen_load ... --method PATCH --content-type TYPE --body B   {n} in path and body: a number
//   limen_load ... --streams 10                               over HTTP/2, so many at a time on
//   each limen_load --name create ... --create NAMESPACE           creates config maps with new
//   names limen_load --name watch ... --watchers 1000 --writes 50   see watchers.cpp limen_load
//   --reasked 5000 ... --admin-token T --role PATH --binding PATH   see reasked.cpp
#include <sys/epoll.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "connection.h"
#include "http2_load.h"
#include "options.h"
#include "reasked.h"
#include "report.h"
#include "requests.h"
#include "watchers.h"

namespace limen::bench {
namespace {

using Clock = std::chrono::steady_clock;

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2)
    options.values[std::string(argv[i]).substr(2)] = argv[i + 1];
  return options;
}

std::vector<int> pids_of(const std::string& text) {
  std::vector<int> pids;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) pids.push_back(std::atoi(part.c_str()));
  return pids;
}

struct Slot {
  std::unique_ptr<Connection> connection;
  AnswerReader reader;
  Clock::time_point sent;
};

class Load {
 public:
  Load(const Options& options, const Target& target, std::size_t connections)
      : requests_(options),
        slots_(connections),
        limit_(static_cast<std::size_t>(options.number("count", 0))) {
    for (Slot& slot : slots_)
      slot.connection = std::make_unique<Connection>(context_.get(), target);
    epoll_ = epoll_create1(0);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, slots_[i].connection->fd(), &event);
    }
  }

  // Runs for `seconds`, or until `count` requests are answered.
  void run(double seconds) {
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(seconds));
    for (Slot& slot : slots_) send(slot);
    epoll_event events[256];
    std::size_t open = slots_.size();
    while (open > 0) {
      const int ready = epoll_wait(epoll_, events, 256, 1000);
      const auto now = Clock::now();
      stopping_ = stopping_ || now >= end;
      if (ready == 0 && stopping_) return;
      for (int i = 0; i < ready; ++i)
        if (!serve(slots_[events[i].data.u64])) --open;
    }
  }

  Tally tally;

 private:
  void send(Slot& slot) {
    slot.reader.reset();
    slot.sent = Clock::now();
    slot.connection->send(requests_.text(requests_.next()));
  }
  // False once the slot has nothing more to do.
  bool serve(Slot& slot) {
    char buffer[65536];
    for (;;) {
      const int got = slot.connection->receive(buffer, sizeof(buffer));
      if (got < 0) {
        ++tally.errors;
        epoll_ctl(epoll_, EPOLL_CTL_DEL, slot.connection->fd(), nullptr);
        return false;
      }
      if (got == 0) return true;
      tally.bytes += static_cast<std::size_t>(got);
      slot.reader.feed({buffer, static_cast<std::size_t>(got)});
      if (!slot.reader.complete()) continue;
      const auto took = Clock::now() - slot.sent;
      ++tally.done;
      if (slot.reader.status() / 100 != 2) ++tally.errors;
      tally.latencies.micros.push_back(static_cast<std::uint32_t>(
          std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
      if (limit_ != 0 && tally.done + slots_.size() > limit_) stopping_ = true;
      if (stopping_) return false;
      send(slot);
    }
  }

  std::shared_ptr<SSL_CTX> context_ = client_context();
  Requests requests_;
  std::vector<Slot> slots_;
  std::size_t limit_;
  int epoll_ = -1;
  bool stopping_ = false;
};

// Over HTTP/2 when there are streams to open, else over HTTP/1.1.
Tally answered(const Options& options, const Target& target, std::size_t connections,
               double seconds) {
  const auto streams = static_cast<std::size_t>(options.number("streams", 0));
  if (streams == 0) {
    Load load(options, target, connections);
    load.run(seconds);
    return std::move(load.tally);
  }
  Requests requests(options);
  return run_http2(target, requests, connections, streams, seconds,
                   static_cast<std::size_t>(options.number("count", 0)));
}

int run(const Options& options) {
  const Target target{options.text("host", "127.0.0.1"),
                      static_cast<std::uint16_t>(options.number("port", 6443))};
  const std::vector<int> pids = pids_of(options.text("pid"));
  if (options.number("watchers", 0) > 0) {
    return run_watchers(target,
                        {options.text("name", "watch_fanout"), options.text("token"),
                         options.text("path"), options.text("accept", "application/json"),
                         static_cast<std::size_t>(options.number("watchers", 0)),
                         options.number("writes", 50), options.number("seconds", 5)},
                        pids);
  }
  if (options.number("reasked", 0) > 0) {
    return run_reasked(target,
                       {options.text("token"), options.text("admin-token"), options.text("path"),
                        options.text("role"), options.text("binding"),
                        static_cast<std::size_t>(options.number("reasked", 0))},
                       pids);
  }
  const auto connections = static_cast<std::size_t>(options.number("connections", 64));
  const double seconds = options.number("seconds", 5);
  const double cpu = cpu_seconds(pids);
  const auto start = Clock::now();
  Tally seen = answered(options, target, connections, seconds);
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  print_result(options.text("name", "load"), connections, seen.done, seen.errors, took,
               cpu_seconds(pids) - cpu, seen.latencies, seen.bytes);
  return seen.done > 0 ? 0 : 1;
}

}  // namespace
}  // namespace limen::bench

int main(int argc, char** argv) {
  try {
    return limen::bench::run(limen::bench::parse(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "limen_load: " << error.what() << '\n';
    return 1;
  }
}
