// A storage driver that remembers nothing past its data object: for tests of the store, and for
// tests that need a store. It can fail, answer late and play a second server when told to.
#pragma once

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
  int commits = 0;

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

class MemoryDriver final : public storage::Driver {
 public:
  explicit MemoryDriver(std::shared_ptr<MemoryData> data = std::make_shared<MemoryData>())
      : data_(std::move(data)) {}

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
  // A change by another server; 0 when it did not apply.
  storage::Revision foreign(const std::string& key, const std::string& value,
                            storage::Revision expected, bool remove = false) {
    MemoryData::Change change;
    {
      const std::lock_guard lock(data_->mutex);
      if (data_->apply({key, value, expected, remove}) == 0) return 0;
      change = data_->changes.back();
    }
    changed_({change.key, change.value, change.revision, change.created, change.removed});
    return change.revision;
  }
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
      if (result.stored) {
        for (const storage::DriverOp& op : ops) result.revisions.push_back(data_->apply(op));
      }
    }
    done(std::move(result));
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

  void watch(std::function<void(const storage::DriverChange&)> changed) override {
    changed_ = std::move(changed);
  }
  void close() noexcept override {}

 private:
  std::shared_ptr<MemoryData> data_;
  std::string failure_;
  std::atomic<std::chrono::milliseconds> commit_time_{std::chrono::milliseconds(0)};
  bool held_ = false;
  std::vector<std::function<void()>> waiting_;
  std::function<void(const storage::DriverChange&)> changed_;
};

// A store for tests of other rooms.
inline std::unique_ptr<storage::CachedStore> memory_store() {
  return std::make_unique<storage::CachedStore>(std::make_unique<MemoryDriver>());
}

}  // namespace limen::test
