// What goes wrong with servers and members of a cluster, by a seed, and when it is put right again.
// Thread rule: the thread that started the processes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/choices.h"
#include "support/etcd_server.h"
#include "support/limen_server.h"

namespace limen::test {

class Chaos {
  using Clock = std::chrono::steady_clock;

 public:
  Chaos(Etcd& etcd, std::vector<std::unique_ptr<LimenServer>>& servers, std::uint64_t seed)
      : etcd_(etcd), servers_(servers), choices_(seed), supposed_(servers.size(), true) {}

  void go_on_for(std::chrono::seconds time) {
    begun_ = Clock::now();
    auto next = begun_ + std::chrono::seconds(1);
    while (Clock::now() < begun_ + time) {
      const auto at = Clock::now();
      heal(at);
      look_after_servers(at);
      if (at >= next) {
        something_happens();
        next = at + std::chrono::milliseconds(300 + 10 * choices_.pick(200));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    heal(Clock::time_point::max());
    look_after_servers(Clock::now());
  }
  // Whoever ended because it found no etcd when it was started is started again, as systemd would.
  void look_after_servers(Clock::time_point at) {
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      Process& one = servers_[i]->process();
      if (!supposed_[i] || one.running() || at < again_[i]) continue;
      note("server " + std::to_string(i) + " ended by itself");
      if (one.killed_by_itself())
        crashes.push_back("server " + std::to_string(i) + " died of signal " +
                          std::to_string(WTERMSIG(one.status())) + ": " + one.log());
      again_[i] = at + std::chrono::milliseconds(500);
      one.start();
    }
  }

  std::vector<std::string> notes;
  std::vector<std::string> crashes;

 private:
  struct Repair {
    Clock::time_point at;
    std::function<void()> what;
  };

  void note(const std::string& what) {
    const auto since = std::chrono::duration<double>(Clock::now() - begun_).count();
    char text[32];
    std::snprintf(text, sizeof text, "%7.2f s ", since);
    notes.push_back(text + what);
  }
  void later(std::chrono::milliseconds after, std::function<void()> what) {
    repairs_.push_back({Clock::now() + after, std::move(what)});
  }
  void heal(Clock::time_point until) {
    for (std::size_t i = 0; i < repairs_.size();) {
      if (repairs_[i].at > until) {
        ++i;
        continue;
      }
      const auto what = std::move(repairs_[i].what);
      repairs_.erase(repairs_.begin() + static_cast<std::ptrdiff_t>(i));
      what();
    }
  }
  std::chrono::milliseconds a_while() {
    return std::chrono::milliseconds(200 + 10 * choices_.pick(250));
  }

  void something_happens() {
    switch (choices_.pick(10)) {
      case 0:
      case 1:
      case 2:
        return server_dies(choices_.pick(servers_.size()));
      case 3:
      case 4:
        return server_stops(choices_.pick(servers_.size()));
      case 5:
      case 6:
        return member_dies(choices_.pick(etcd_.size()));
      case 7:
      case 8:
        return member_stops(choices_.pick(etcd_.size()));
      default:
        // No majority until they are back.
        member_dies(0);
        return member_dies(1);
    }
  }
  void server_dies(std::size_t i) {
    if (!supposed_[i]) return;
    note("server " + std::to_string(i) + " is killed");
    servers_[i]->process().kill();
    supposed_[i] = false;
    later(a_while(), [this, i] {
      note("server " + std::to_string(i) + " starts");
      servers_[i]->process().start();
      supposed_[i] = true;
    });
  }
  void server_stops(std::size_t i) {
    if (!supposed_[i]) return;
    note("server " + std::to_string(i) + " stands still");
    servers_[i]->process().stop();
    later(a_while(), [this, i] {
      note("server " + std::to_string(i) + " goes on");
      servers_[i]->process().go_on();
    });
  }
  void member_dies(std::size_t i) {
    if (!etcd_.running(i)) return;
    note("member " + std::to_string(i) + " is killed");
    etcd_.kill(i);
    later(a_while(), [this, i] {
      note("member " + std::to_string(i) + " starts");
      if (!etcd_.running(i)) etcd_.start(i);
    });
  }
  void member_stops(std::size_t i) {
    if (!etcd_.running(i)) return;
    note("member " + std::to_string(i) + " stands still");
    etcd_.pause(i);
    later(a_while(), [this, i] {
      note("member " + std::to_string(i) + " goes on");
      etcd_.resume(i);
    });
  }

  Etcd& etcd_;
  std::vector<std::unique_ptr<LimenServer>>& servers_;
  Choices choices_;
  std::vector<bool> supposed_;  // to run
  std::map<std::size_t, Clock::time_point> again_;
  std::vector<Repair> repairs_;
  Clock::time_point begun_ = Clock::now();
};

}  // namespace limen::test
