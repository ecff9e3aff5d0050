#include "driver.h"

#include <algorithm>
#include <exception>
#include <future>
#include <string>
#include <utility>

#include "waiting.h"

namespace limen_etcd {

using limen::draft::Commit;
using limen::draft::Confirm;

Driver::Driver(limen::Host& host, limen::Node config)
    : settings_(read_settings(config)),
      keys_(settings_.prefix),
      loop_(std::make_shared<Loop>()),
      client_(loop_, settings_, host.log()),
      follower_(client_, keys_, host.log()),
      health_(client_, follower_),
      writes_(client_, follower_, health_, keys_),
      history_(client_, keys_),
      maintenance_(client_, history_, host.log()) {
  loop_->start();
}

Driver::~Driver() { stop(); }

limen::Result<limen::draft::StoreState> Driver::open() {
  position_ = history_.find();
  maintenance_.begin(position_.compacted);
  return limen::draft::StoreState{position_.revision, position_.compacted, settings_.prefix};
}

limen::Result<void> Driver::load(const limen::draft::ChangeSink& sink) {
  if (history_.read(position_, sink)) return {};
  return limen::Error{"loading was ended", LIMEN_E_CANCELLED};
}

limen::Result<std::int64_t> Driver::compact(std::int64_t revision, std::size_t limit) {
  return maintenance_.compact(revision, limit);
}

limen::Result<void> Driver::advance(std::int64_t revision) {
  maintenance_.advance(revision);
  return {};
}

limen::Result<void> Driver::watch(const limen::draft::StoreWatcher& watcher) {
  loop_->post([this, watcher] {
    if (client_.stopping()) return;
    follower_.begin(watcher, position_.revision);
    health_.begin(watcher, [this](const std::string& why) { writes_.give_up(why); });
  });
  return {};
}

void Driver::commit(Commit commit) {
  auto shared = std::make_shared<Commit>(std::move(commit));
  loop_->post([this, shared = std::move(shared)] {
    if (client_.stopping()) return shared->fail({"the store is being closed", LIMEN_E_UNAVAILABLE});
    writes_.begin(shared);
  });
}

void Driver::confirm(Confirm confirm) {
  auto shared = std::make_shared<Confirm>(std::move(confirm));
  loop_->post([this, shared = std::move(shared)] {
    confirm_until(shared, Clock::now() + settings_.request_timeout, 0);
  });
}

void Driver::confirm_until(const std::shared_ptr<Confirm>& confirm, Clock::time_point deadline,
                           int attempt) {
  const std::string& trouble = health_.trouble();
  if (!trouble.empty()) return confirm->fail({trouble, LIMEN_E_UNAVAILABLE});
  const auto asked = Clock::now();
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - asked);
  client_.quorum_read(
      std::max(left, milliseconds(1)),
      [this, confirm, deadline, attempt, asked](const Failure* failure, std::int64_t revision) {
        if (failure == nullptr) {
          health_.alive();
          follower_.expect(revision);
          return follower_.when_told(revision, deadline, [this, confirm](bool told) {
            if (told) return confirm->succeed();
            confirm->fail({"etcd does not tell of its changes: " + follower_.why_broken(),
                           LIMEN_E_UNAVAILABLE});
          });
        }
        const milliseconds pause = pause_before(attempt);
        if (!failure->passing() || client_.stopping() || Clock::now() + pause >= deadline) {
          return confirm->fail({failure->text, LIMEN_E_UNAVAILABLE});
        }
        health_.failing(asked, *failure);
        loop_->after(pause, [this, confirm, deadline, attempt] {
          confirm_until(confirm, deadline, attempt + 1);
        });
      });
}

void Driver::stop() {
  if (std::exchange(stopped_, true)) return;
  loop_->post([this] {
    health_.stop();
    follower_.stop();
    writes_.stop();
    client_.stop([this] { loop_->end(); });
  });
  loop_->join();
}

}  // namespace limen_etcd
