#include "storage/cached_store.h"

#include <future>
#include <utility>

#include "observability/metrics.h"
#include "storage/collections.h"
#include "storage/key.h"
#include "storage/migration_mark.h"
#include "storage/stored_object.h"
#include "storage/write_queue.h"
#include "storage/writer.h"

namespace limen::storage {

namespace {

WriteResult unavailable(std::string error) {
  WriteResult result;
  result.error = std::move(error);
  return result;
}

WriteResult with_current(WriteStatus status, ObjectPtr current) {
  WriteResult result;
  result.status = status;
  result.current = std::move(current);
  return result;
}

// Hands what a shared driver tells to the writer.
class QueueingListener final : public DriverListener {
 public:
  explicit QueueingListener(WriteQueue& queue) : queue_(queue) {}
  void changed(const DriverChange& change) override {
    queue_.put(ToldChange{std::string(change.key), std::string(change.value), change.revision,
                          change.created, change.removed, change.form});
  }
  void resync(Revision revision) override { queue_.put(ResyncBegin{revision}); }
  void resynced() override { queue_.put(ResyncEnd{}); }
  void trouble(std::string_view reason) override { queue_.put(DriverTrouble{std::string(reason)}); }

 private:
  WriteQueue& queue_;
};

}  // namespace

class CachedStore::Impl {
 public:
  Impl(std::unique_ptr<Driver> driver, const StoreOptions& options)
      : driver_(std::move(driver)),
        outdated_(options.outdated),
        collections_(horizon_, options.log_bytes),
        queue_(options.queue_writes, options.queue_bytes) {
    const DriverState state = load();
    writer_ = std::make_unique<Writer>(*driver_, collections_, horizon_, queue_, options,
                                       state.compacted);
    driver_->watch(listener_);
    writer_->start();
  }

  DriverState load();
  void load_one(const DriverChange& change, const DriverState& state, Revision& last);
  void write(PendingWrite write);
  // True when memory alone shows that the object is not at `expected`, and `done` was told so.
  bool refuse_early(const Key& key, Revision expected,
                    const std::function<void(WriteResult)>& done) const;
  void close();

  std::unique_ptr<Driver> driver_;
  Horizon horizon_;
  const std::function<bool(const ResourceId&, std::uint32_t)> outdated_;
  Collections collections_;
  WriteQueue queue_;
  QueueingListener listener_{queue_};
  std::unique_ptr<Writer> writer_;
  metrics::Counter& refused_ =
      metrics::counter("limen_storage_writes_total", "Writes by how they ended.", {"outcome"})
          .with({"refused"});
  bool closed_ = false;
};

DriverState CachedStore::Impl::load() {
  const DriverState state = driver_->open();
  // The state there is now can be read and followed from, whatever is forgotten: a restored store
  // begins without any history. (What led to it stays cut off in the logs.)
  horizon_.compacted.store(std::min(state.compacted, state.revision - 1));
  Revision last = state.compacted;
  bool unfinished = false;
  driver_->load([&](const DriverChange& change) {
    if (change.key != kMigrationMark) return load_one(change, state, last);
    unfinished = !change.removed;
    if (change.revision > state.compacted) last = change.revision;
  });
  if (unfinished) {
    throw DriverError(
        "another store is being moved into this one and not all of it is here: run the same `limen "
        "migrate` again, it goes on where it stopped");
  }
  // Changes up to `compacted` are in no log.
  collections_.for_each([&](Collection& collection) { collection.trim(state.compacted); });
  horizon_.published->store(state.revision);
  return state;
}

void CachedStore::Impl::load_one(const DriverChange& change, const DriverState& state,
                                 Revision& last) {
  const auto broken = [&](const char* why) {
    return DriverError("the stored data are damaged: " + std::string(change.key) + " at revision " +
                       std::to_string(change.revision) + " " + why);
  };
  const auto key = parse_driver_key(change.key);
  if (!key) throw broken("is not a key of this server");
  Collection& collection = collections_.at(key->id);
  const bool history = change.revision > state.compacted;
  if (history) {
    const bool again = change.revision < last || (change.revision == last && !driver_->shared());
    if (again || change.revision > state.revision) {
      throw broken("is out of order");
    }
    last = change.revision;
  }
  if (change.gap) {
    // Who resumes from before this change would miss something.
    horizon_.compacted.store(std::max(horizon_.compacted.load(), change.revision - 1));
  }
  if (change.removed) {
    const bool there = history && collection.apply_remove(key->ns, key->name, change.revision);
    if (!there && !(history && change.gap)) throw broken("removes what is not there");
    return;
  }
  Draft draft = prepare(key->ns, key->name, change.value);
  if (!draft && change.value.starts_with("k8s:enc:")) {
    throw broken("is encrypted, and storage.encryption names no file with its key");
  }
  if (!draft) throw broken("is not an object");
  draft->form = change.form;
  ObjectPtr object = finish(std::move(draft), change.revision, change.created);
  history ? collection.apply_put(std::move(object)) : collection.restore(std::move(object));
}

void CachedStore::Impl::write(PendingWrite write) {
  if (driver_->shared()) {
    // Elsewhere it would only wait for what cannot come.
    if (std::string reason = writer_->driver_trouble(); !reason.empty()) {
      refused_.add();
      return write.done(unavailable(std::move(reason)));
    }
  }
  auto driver_name = driver_key(write.key);
  if (!driver_name) return write.done(unavailable("the object's name cannot be stored"));
  write.driver_key = std::move(*driver_name);
  if (write.kind != PendingWrite::Kind::remove) {
    write.draft = prepare(write.key.ns, write.key.name, write.value);
    if (!write.draft) return write.done(unavailable("the object's text cannot be stored"));
  }
  write.collection = &collections_.at(write.key.id);
  switch (queue_.put(write)) {
    case WriteQueue::Put::ok:
      return;
    case WriteQueue::Put::full:
      refused_.add();
      return write.done(with_current(WriteStatus::too_busy, nullptr));
    case WriteQueue::Put::closed:
      return write.done(unavailable("the store is closed"));
  }
}

bool CachedStore::Impl::refuse_early(const Key& key, Revision expected,
                                     const std::function<void(WriteResult)>& done) const {
  if (driver_->shared()) return false;
  const Collection* const collection = collections_.find(key.id);
  ObjectPtr there = collection ? collection->get(key.ns, key.name) : nullptr;
  if (there && there->revision == expected) return false;
  const WriteStatus status = there ? WriteStatus::conflict : WriteStatus::not_found;
  done(with_current(status, std::move(there)));
  return true;
}

void CachedStore::Impl::close() {
  if (std::exchange(closed_, true)) return;
  queue_.close();
  writer_->join();
  driver_->close();
}

CachedStore::CachedStore(std::unique_ptr<Driver> driver, StoreOptions options)
    : impl_(std::make_unique<Impl>(std::move(driver), options)) {}

CachedStore::~CachedStore() { close(); }

Revision CachedStore::revision() const { return impl_->horizon_.published->load(); }

bool CachedStore::outdated(const ResourceId& id, const StoredObject& object) const {
  return impl_->outdated_ && impl_->outdated_(id, object.form);
}

Revision CachedStore::compacted() const { return impl_->horizon_.compacted.load(); }

ObjectPtr CachedStore::get(const Key& key) const {
  const Collection* const collection = impl_->collections_.find(key.id);
  return collection ? collection->get(key.ns, key.name) : nullptr;
}

ListResult CachedStore::list(const ResourceId& id, const ListOptions& options) const {
  return impl_->collections_.at(id).list(options);
}

std::size_t CachedStore::count(const ResourceId& id) const {
  const Collection* const collection = impl_->collections_.find(id);
  return collection ? collection->size() : 0;
}

void CachedStore::create(Key key, std::string json, std::function<void(WriteResult)> done) {
  // What others wrote may not be in memory yet: the driver decides then.
  if (ObjectPtr there = shared() ? nullptr : get(key)) {
    return done(with_current(WriteStatus::already_exists, std::move(there)));
  }
  PendingWrite write;
  write.kind = PendingWrite::Kind::create;
  write.key = std::move(key);
  write.value = std::move(json);
  write.done = std::move(done);
  impl_->write(std::move(write));
}

void CachedStore::update(Key key, Revision expected, std::string json,
                         std::function<void(WriteResult)> done) {
  if (impl_->refuse_early(key, expected, done)) return;
  PendingWrite write;
  write.kind = PendingWrite::Kind::update;
  write.key = std::move(key);
  write.expected = expected;
  write.value = std::move(json);
  write.done = std::move(done);
  impl_->write(std::move(write));
}

void CachedStore::remove(Key key, Revision expected, std::function<void(WriteResult)> done) {
  if (impl_->refuse_early(key, expected, done)) return;
  PendingWrite write;
  write.kind = PendingWrite::Kind::remove;
  write.key = std::move(key);
  write.expected = expected;
  write.done = std::move(done);
  impl_->write(std::move(write));
}

bool CachedStore::shared() const { return impl_->driver_->shared(); }

void CachedStore::confirm(std::function<void(std::string)> done) {
  if (!shared()) return done({});
  // It would only wait for what cannot come.
  if (std::string reason = impl_->writer_->driver_trouble(); !reason.empty()) {
    return done(std::move(reason));
  }
  impl_->queue_.put(ConfirmOrder{std::move(done)});
}

std::unique_ptr<Watch> CachedStore::watch(const ResourceId& id, const std::string& ns,
                                          Revision from, base::Executor& loop,
                                          std::function<void()> wake, ReadStatus& status) {
  return impl_->collections_.at(id).watch(ns, from, loop, std::move(wake), status);
}

std::string CachedStore::trouble() const { return impl_->writer_->trouble(); }

void CachedStore::compact(Revision revision) {
  std::promise<void> done;
  impl_->queue_.put(CompactOrder{revision, [&done] { done.set_value(); }});
  done.get_future().wait();
}

void CachedStore::close() { impl_->close(); }

}  // namespace limen::storage
