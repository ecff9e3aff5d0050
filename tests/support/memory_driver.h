// A storage driver that remembers nothing past its data object: for tests of the store, and for
// tests that need a store. It can fail and answer late. Shared, it is one of several on the same
// data, each told of what all do; what it is told can be held back, as a slow network would.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/cached_store.h"
#include "storage/driver.h"

namespace limen::test {

// What is "on disk": survives the driver, so that a test can open it again.
class MemoryDriver;
class MemoryData {
 public:
  struct Change {
    std::string key, value;
    storage::Revision revision = 0, created = 0;
    bool removed = false;
  };

  std::mutex mutex;
  storage::DriverState state;
  std::map<std::string, Change> base;  // as of state.compacted
  std::deque<Change> changes;          // since
  std::map<std::string, Change> live;
  std::atomic<int> commits{0};
  std::vector<MemoryDriver*> sharing;  // those that are told of changes

  // Does one op; 0 when the key is not at the expected revision. Under the mutex.
  storage::Revision apply(const storage::DriverOp& op) {
    const auto found = live.find(std::string(op.key));
    const storage::Revision at = found == live.end() ? 0 : found->second.revision;
    if (at != op.expected || (op.remove && at == 0)) return 0;
    Change change;
    change.key = op.key;
    change.revision = ++state.revision;
    change.created = at == 0 ? change.revision : found->second.created;
    change.removed = op.remove;
    if (!op.remove) change.value = op.value;
    changes.push_back(change);
    if (op.remove) {
      live.erase(found);
    } else {
      live[change.key] = change;
    }
    return change.revision;
  }
};

enum class Sharing { alone, shared };

class MemoryDriver final : public storage::Driver {
 public:
  explicit MemoryDriver(std::shared_ptr<MemoryData> data = std::make_shared<MemoryData>(),
                        Sharing sharing = Sharing::alone)
      : data_(std::move(data)), sharing_(sharing) {}
  ~MemoryDriver() override { close(); }

  // ---- what a test may want ----------------------------------------------------------------
  // The next commits fail with this text until it is emptied.
  void fail_with(std::string error) {
    const std::lock_guard lock(data_->mutex);
    failure_ = std::move(error);
  }
  // How long a commit takes, as a disk would; none at first.
  void take_for_a_commit(std::chrono::milliseconds time) { commit_time_ = time; }
  // Commits wait until release().
  void hold() {
    const std::lock_guard lock(data_->mutex);
    held_ = true;
  }
  void release() {
    std::vector<std::function<void()>> waiting;
    {
      const std::lock_guard lock(data_->mutex);
      held_ = false;
      waiting.swap(waiting_);
    }
    for (const auto& one : waiting) one();
  }
  // A change by another server (shared only); 0 when it did not apply.
  storage::Revision foreign(const std::string& key, const std::string& value,
                            storage::Revision expected, bool remove = false) {
    const std::lock_guard lock(data_->mutex);
    return apply({key, value, expected, remove});
  }
  // From now on nothing is told, and nothing that must be told before is answered (shared only).
  void hold_changes() {
    const std::lock_guard lock(data_->mutex);
    telling_ = false;
  }
  void release_changes() {
    const std::lock_guard lock(data_->mutex);
    telling_ = true;
    for (const auto& one : std::exchange(untold_, {})) one();
  }
  // As if what was held back had been forgotten meanwhile: tells all there is anew.
  void miss_changes() {
    const std::lock_guard lock(data_->mutex);
    const std::vector<std::function<void()>> lost = std::exchange(untold_, {});
    telling_ = true;
    listener_->resync(data_->state.revision);
    for (const auto& [key, one] : data_->live) tell(one);
    listener_->resynced();
  }
  void trouble(const std::string& reason) { listener_->trouble(reason); }
  // Commits are done but answered as if nobody knew.
  void forget_outcomes(bool forget) { outcomes_unknown_ = forget; }
  // Confirmations asked for so far.
  int confirmations() const { return confirmations_; }
  // Of the newest op.
  std::chrono::seconds last_ttl() const { return last_ttl_.load(); }
  MemoryData& data() { return *data_; }

  // ---- Driver ------------------------------------------------------------------------------
  storage::DriverState open() override { return data_->state; }

  void load(const std::function<void(const storage::DriverChange&)>& each) override {
    const auto give = [&](const MemoryData::Change& one) {
      each({one.key, one.value, one.revision, one.created, one.removed});
    };
    for (const auto& [key, one] : data_->base) give(one);
    for (const auto& one : data_->changes) give(one);
  }

  void commit(std::span<const storage::DriverOp> ops,
              std::function<void(storage::CommitResult)> done) noexcept override {
    {
      const std::lock_guard lock(data_->mutex);
      if (held_) {
        waiting_.push_back(
            [this, ops, done = std::move(done)]() mutable { commit(ops, std::move(done)); });
        return;
      }
    }
    std::this_thread::sleep_for(commit_time_.load());
    storage::CommitResult result;
    {
      const std::lock_guard lock(data_->mutex);
      ++data_->commits;
      result.error = failure_;
      result.stored = failure_.empty();
      if (!ops.empty()) last_ttl_ = ops.back().ttl;
      if (result.stored) {
        for (const storage::DriverOp& op : ops) result.revisions.push_back(apply(op));
        if (outcomes_unknown_) {
          result.error = "nobody knows";
          result.revisions.assign(ops.size(), storage::kUnknownOutcome);
        }
      }
      if (!telling_) {
        untold_.push_back(
            [done = std::move(done), result = std::move(result)]() mutable { done(result); });
        return;
      }
    }
    done(std::move(result));
  }

  bool shared() const override { return sharing_ == Sharing::shared; }

  void confirm(std::function<void(std::string)> done) noexcept override {
    {
      const std::lock_guard lock(data_->mutex);
      ++confirmations_;
      if (!telling_) {
        untold_.push_back([this, done = std::move(done)] { done(failure_); });
        return;
      }
    }
    done(failure_);
  }

  void advance(storage::Revision revision) override {
    const std::lock_guard lock(data_->mutex);
    data_->state.revision = std::max(data_->state.revision, revision);
    data_->state.compacted = std::max(data_->state.compacted, revision);
  }

  storage::Revision compact(storage::Revision revision, std::size_t limit) override {
    const std::lock_guard lock(data_->mutex);
    if (!failure_.empty()) throw storage::DriverError(failure_);
    for (; limit > 0 && !data_->changes.empty() && data_->changes.front().revision <= revision;
         --limit) {
      MemoryData::Change change = std::move(data_->changes.front());
      data_->changes.pop_front();
      data_->state.compacted = change.revision;
      if (change.removed) {
        data_->base.erase(change.key);
      } else {
        std::string key = change.key;
        data_->base[std::move(key)] = std::move(change);
      }
    }
    const bool more = !data_->changes.empty() && data_->changes.front().revision <= revision;
    if (!more) data_->state.compacted = std::max(data_->state.compacted, revision);
    return data_->state.compacted;
  }

  void watch(storage::DriverListener& listener) override {
    if (!shared()) return;
    const std::lock_guard lock(data_->mutex);
    listener_ = &listener;
    data_->sharing.push_back(this);
  }
  void close() noexcept override {
    const std::lock_guard lock(data_->mutex);
    std::erase(data_->sharing, this);
    untold_.clear();
  }

 private:
  void tell(const MemoryData::Change& one) {
    listener_->changed({one.key, one.value, one.revision, one.created, one.removed});
  }
  // Under the mutex.
  storage::Revision apply(const storage::DriverOp& op) {
    const storage::Revision revision = data_->apply(op);
    if (revision == 0) return 0;
    for (MemoryDriver* const one : data_->sharing) {
      if (one->telling_) {
        one->tell(data_->changes.back());
      } else {
        one->untold_.push_back([one, change = data_->changes.back()] { one->tell(change); });
      }
    }
    return revision;
  }

  std::shared_ptr<MemoryData> data_;
  std::string failure_;
  std::atomic<std::chrono::milliseconds> commit_time_{std::chrono::milliseconds(0)};
  bool held_ = false;
  std::vector<std::function<void()>> waiting_;
  const Sharing sharing_;
  storage::DriverListener* listener_ = nullptr;
  bool telling_ = true;
  bool outcomes_unknown_ = false;
  std::atomic<int> confirmations_{0};
  std::atomic<std::chrono::seconds> last_ttl_{std::chrono::seconds(0)};
  std::vector<std::function<void()>> untold_;
};

// A store for tests of other rooms.
inline std::unique_ptr<storage::CachedStore> memory_store() {
  return std::make_unique<storage::CachedStore>(std::make_unique<MemoryDriver>());
}

}  // namespace limen::test
