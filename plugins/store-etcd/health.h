// Health: is etcd there? Asks lightly when nothing else proves it, and tells the server of trouble
// that lasts. Thread rule: the loop.
#pragma once

#include <functional>
#include <limen/cpp/draft/store.hpp>
#include <optional>
#include <string>

#include "client.h"
#include "follower.h"

namespace limen_etcd {

class Health {
 public:
  Health(Client& client, Follower& follower) : client_(client), follower_(follower) {}

  // From now on, looks several times a second. `lasting` is called again and again with the reason
  // while trouble has lasted for longer than an election takes.
  void begin(const limen::draft::StoreWatcher& watcher,
             std::function<void(const std::string& why)> lasting);
  // A quorum answered just now / did not, when it was asked at `asked`.
  void alive();
  void failing(Clock::time_point asked, const Failure& failure);
  // Why nothing works, as the server was told; empty: it does.
  const std::string& trouble() const { return trouble_; }
  void stop() { watching_ = false; }

 private:
  void tick();
  void ask();
  void judge();

  Client& client_;
  Follower& follower_;
  limen::draft::StoreWatcher watcher_;
  bool watching_ = false;
  bool asking_ = false;
  Clock::time_point proved_;
  std::optional<Clock::time_point> failing_since_;
  std::string why_;
  std::string trouble_;
  Clock::time_point trouble_since_;
  std::function<void(const std::string& why)> lasting_;
};

}  // namespace limen_etcd
