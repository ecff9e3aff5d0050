// Driver: the store the server sees, put together from its parts.
//
// open(), load(), compact() and advance() wait for etcd on the server's thread; the rest happens on
// the loop. stop() ends all calls, answers what is open, and nothing is called afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limen/cpp/draft/store.hpp>
#include <limen/cpp/plugin.hpp>
#include <memory>

#include "client.h"
#include "follower.h"
#include "health.h"
#include "history.h"
#include "keys.h"
#include "maintenance.h"
#include "settings.h"
#include "writes.h"

namespace limen_etcd {

class Driver final : public limen::draft::Store {
 public:
  Driver(limen::Host& host, limen::Node config);
  ~Driver() override;

  static void check_config(limen::Node config, limen::Findings& findings) {
    check_settings(config, findings);
  }

  limen::Result<limen::draft::StoreState> open() override;
  limen::Result<void> load(const limen::draft::ChangeSink& sink) override;
  void commit(limen::draft::Commit commit) override;
  limen::Result<std::int64_t> compact(std::int64_t revision, std::size_t limit) override;
  limen::Result<void> advance(std::int64_t revision) override;
  limen::Result<void> watch(const limen::draft::StoreWatcher& watcher) override;
  void confirm(limen::draft::Confirm confirm) override;
  void stop() override;

 private:
  // On the loop.
  void confirm_until(const std::shared_ptr<limen::draft::Confirm>& confirm,
                     Clock::time_point deadline, int attempt);

  const Settings settings_;
  const Keys keys_;
  const std::shared_ptr<Loop> loop_;
  Client client_;
  Follower follower_;
  Health health_;
  Writes writes_;
  History history_;
  Maintenance maintenance_;
  Position position_;
  bool stopped_ = false;
};

}  // namespace limen_etcd
