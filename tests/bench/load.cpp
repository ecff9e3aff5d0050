// A closed-loop load generator: N keep-alive connections, each with one request at a time.
//
//   limen_load --name get --port 6443 --path /api/... --token T --connections 64 --seconds 5 --pid
//   123 limen_load --name create ... --create NAMESPACE       creates config maps with new names
//   limen_load --name watch ... --watchers 1000 --writes 50   see watchers.cpp
//   limen_load --reasked 5000 ... --admin-token T --role PATH --binding PATH   see reasked.cpp
#include <sys/epoll.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>

#include "connection.h"
#include "reasked.h"
#include "report.h"
#include "watchers.h"

namespace limen::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::map<std::string, std::string> values;
  std::string text(const std::string& key, const std::string& otherwise = "") const {
    const auto found = values.find(key);
    return found == values.end() ? otherwise : found->second;
  }
  double number(const std::string& key, double otherwise) const {
    const auto found = values.find(key);
    return found == values.end() ? otherwise : std::atof(found->second.c_str());
  }
};

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

// Makes the next request's text.
class Requests {
 public:
  explicit Requests(const Options& options)
      : create_(options.text("create")),
        post_(options.text("post")),
        body_(options.text("body")),
        count_(static_cast<std::uint64_t>(options.number("first", 0))) {
    common_ = "Host: 127.0.0.1\r\nAccept: application/json\r\n";
    if (!options.text("token").empty())
      common_ += "Authorization: Bearer " + options.text("token") + "\r\n";
    get_ = "GET " + options.text("path", "/") + " HTTP/1.1\r\n" + common_ + "\r\n";
    if (!create_.empty()) payload_ = std::string(800, 'x');
  }
  std::string next() {
    if (!post_.empty()) return posted(post_, numbered_body());
    if (create_.empty()) return get_;
    const std::string body = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bench-)" +
                             std::to_string(count_++) + R"("},"data":{"payload":")" + payload_ +
                             "\"}}";
    return posted("/api/v1/namespaces/" + create_ + "/configmaps", body);
  }

 private:
  std::string posted(const std::string& path, const std::string& body) const {
    return "POST " + path + " HTTP/1.1\r\n" + common_ +
           "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  std::string numbered_body() {
    std::string text = body_;
    const std::string number = std::to_string(count_++);
    for (std::size_t at = 0; (at = text.find("{n}", at)) != std::string::npos; at += number.size())
      text.replace(at, 3, number);
    return text;
  }

  std::string create_, post_, body_, common_, get_, payload_;
  std::uint64_t count_;
};

struct Slot {
  std::unique_ptr<Connection> connection;
  AnswerReader reader;
  Clock::time_point sent;
};

class Load {
 public:
  Load(const Options& options, const Target& target)
      : requests_(options),
        slots_(static_cast<std::size_t>(options.number("connections", 64))),
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

  std::size_t done = 0;
  std::size_t errors = 0;
  Latencies latencies;

 private:
  void send(Slot& slot) {
    slot.reader.reset();
    slot.sent = Clock::now();
    slot.connection->send(requests_.next());
  }
  // False once the slot has nothing more to do.
  bool serve(Slot& slot) {
    char buffer[65536];
    for (;;) {
      const int got = slot.connection->receive(buffer, sizeof(buffer));
      if (got < 0) {
        ++errors;
        epoll_ctl(epoll_, EPOLL_CTL_DEL, slot.connection->fd(), nullptr);
        return false;
      }
      if (got == 0) return true;
      slot.reader.feed({buffer, static_cast<std::size_t>(got)});
      if (!slot.reader.complete()) continue;
      const auto took = Clock::now() - slot.sent;
      ++done;
      if (slot.reader.status() / 100 != 2) ++errors;
      latencies.micros.push_back(static_cast<std::uint32_t>(
          std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
      if (limit_ != 0 && done + slots_.size() > limit_) stopping_ = true;
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

int run(const Options& options) {
  const Target target{options.text("host", "127.0.0.1"),
                      static_cast<std::uint16_t>(options.number("port", 6443))};
  const std::vector<int> pids = pids_of(options.text("pid"));
  if (options.number("watchers", 0) > 0) {
    return run_watchers(target, options.text("token"), options.text("path"),
                        static_cast<std::size_t>(options.number("watchers", 0)),
                        options.number("writes", 50), options.number("seconds", 5), pids);
  }
  if (options.number("reasked", 0) > 0) {
    return run_reasked(target,
                       {options.text("token"), options.text("admin-token"), options.text("path"),
                        options.text("role"), options.text("binding"),
                        static_cast<std::size_t>(options.number("reasked", 0))},
                       pids);
  }
  Load load(options, target);
  if (options.number("warmup", 0) > 0) {
    Options warm = options;
    Load(warm, target).run(options.number("warmup", 0));
  }
  const double cpu = cpu_seconds(pids);
  const auto start = Clock::now();
  load.run(options.number("seconds", 5));
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  print_result(options.text("name", "load"),
               static_cast<std::size_t>(options.number("connections", 64)), load.done, load.errors,
               seconds, cpu_seconds(pids) - cpu, load.latencies);
  return load.done > 0 ? 0 : 1;
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
