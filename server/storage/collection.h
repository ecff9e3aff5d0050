// Collection: everything the store holds of one resource: its objects, what happened to them, and
// who watches.
//
// The writer applies one change at a time under the lock, and makes its revision public before it
// lets go: so whoever reads under the lock sees the state at exactly the published revision.
// Thread rule: apply(), trim() and notify() from the writer; everything else from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "observability/metrics.h"
#include "storage/object_table.h"
#include "storage/store.h"
#include "watch/hub.h"
#include "watch/log.h"

namespace limen::storage {

// The revisions readers may see, of the whole store.
struct Horizon {
  std::shared_ptr<std::atomic<Revision>> published = std::make_shared<std::atomic<Revision>>(0);
  std::atomic<Revision> compacted{0};
};

class Collection {
 public:
  // `horizon` outlives it. `log_bytes`: what its history may pin, see watch::Log.
  Collection(ResourceId id, Horizon& horizon, std::size_t log_bytes);

  const ResourceId& id() const { return id_; }

  // ---- any thread --------------------------------------------------------------------------
  ObjectPtr get(std::string_view ns, std::string_view name) const;
  std::size_t size() const;
  ListResult list(const ListOptions& options) const;
  std::unique_ptr<Watch> watch(const std::string& ns, Revision from, base::Executor& loop,
                               std::function<void()> wake, ReadStatus& status);

  // ---- the writer --------------------------------------------------------------------------
  // An object as it is now; makes the event, remembers it and publishes its revision. Watchers are
  // not told before notify().
  void apply_put(ObjectPtr object);
  // The last state of the object that went, at the removal's revision; null when there was none.
  ObjectPtr apply_remove(std::string_view ns, std::string_view name, Revision revision);
  // The same without an event: for the state before the history begins.
  void restore(ObjectPtr object);
  // All that there is, as of `revision`, whatever was before; there are no events. Watches from
  // before are lost.
  void replace(std::vector<ObjectPtr> objects, Revision revision);
  void trim(Revision revision);
  std::size_t log_bytes() const { return log_->bytes(); }
  void notify() { hub_.notify(); }

 private:
  void remember(EventType type, ObjectPtr object, ObjectPtr previous);
  ReadStatus check(Revision revision) const;
  // Under the lock.
  std::vector<ObjectPtr> range_at(const ListOptions& options) const;
  void fill_newest(const ListOptions& options, ListResult& result) const;

  const ResourceId id_;
  Horizon& horizon_;
  const std::shared_ptr<watch::Log> log_;
  watch::Hub hub_;
  metrics::Gauge& objects_;
  metrics::Gauge& watchers_;

  mutable std::shared_mutex mutex_;
  ObjectTable table_;
};

}  // namespace limen::storage
