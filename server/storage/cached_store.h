// CachedStore: the Store of this server: collections in memory in front of one driver.
//
// Opening it loads everything the driver has. Reads go to the collections. Writes are checked
// against memory at once (what must fail fails without waiting) and queued for the writer.
// Thread rule: as Store; close() once, from any thread but the writer's. Lifetime: executors of
// watches and of waiting writes outlive it or have ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "storage/driver.h"
#include "storage/store.h"

namespace limen::storage {

struct StoreOptions {
  // How long changes stay readable: for watches that resume and lists read page by page.
  std::chrono::milliseconds history = std::chrono::minutes(5);
  std::chrono::milliseconds compact_every = std::chrono::minutes(1);
  // At most this many changes are kept, however young they are.
  std::int64_t history_changes = 100'000;
  // At most this many bytes of earlier versions are pinned in memory for each resource.
  std::size_t log_bytes = std::size_t{16} * 1024 * 1024;
  // A transaction that takes longer is trouble, though it may still succeed.
  std::chrono::milliseconds slow_commit = std::chrono::seconds(10);
  // Writes waiting for the driver; more are refused as too busy.
  std::size_t queue_writes = 8192;
  std::size_t queue_bytes = std::size_t{128} * 1024 * 1024;
  // One transaction.
  std::size_t batch_writes = 256;
  std::size_t batch_bytes = std::size_t{8} * 1024 * 1024;
  // How long objects of a resource live in a shared driver, which removes them by itself; 0: until
  // removed. Null: none does.
  std::function<std::chrono::seconds(const ResourceId&)> ttl;
  // Of several servers on the same data one has the driver forget history: the one where this is
  // true. Null: true.
  std::function<bool()> compacts;
  // Whether an object of this form would be written in another now; see StoredObject. Null: never.
  std::function<bool(const ResourceId&, std::uint32_t form)> outdated;
};

class CachedStore final : public Store {
 public:
  // Loads the driver's data. Throws DriverError.
  explicit CachedStore(std::unique_ptr<Driver> driver, StoreOptions options = {});
  ~CachedStore() override;

  Revision revision() const override;
  Revision compacted() const override;
  ObjectPtr get(const Key& key) const override;
  ListResult list(const ResourceId& id, const ListOptions& options) const override;
  std::size_t count(const ResourceId& id) const override;
  using Store::create;
  using Store::remove;
  using Store::update;
  void create(Key key, std::string json, std::function<void(WriteResult)> done) override;
  void update(Key key, Revision expected, std::string json,
              std::function<void(WriteResult)> done) override;
  void remove(Key key, Revision expected, std::function<void(WriteResult)> done) override;
  bool outdated(const ResourceId& id, const StoredObject& object) const override;
  bool shared() const override;
  using Store::confirm;
  void confirm(std::function<void(std::string error)> done) override;
  std::unique_ptr<Watch> watch(const ResourceId& id, const std::string& ns, Revision from,
                               base::Executor& loop, std::function<void()> wake,
                               ReadStatus& status) override;

  // Why the store cannot take writes, or confirm reads, at the moment, one sentence; empty when it
  // can. For readiness.
  std::string trouble() const;

  // Forgets changes up to `revision` (not more than there are) now, and waits for it. Compaction
  // otherwise runs by itself. Not after close().
  void compact(Revision revision);

  // Finishes what is queued, then ends the writer and closes the driver. Later writes are refused
  // as unavailable; reads still work.
  void close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace limen::storage
