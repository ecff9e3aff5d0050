#include "storage/collection.h"

#include <mutex>
#include <utility>

#include "storage/past.h"
#include "storage/stored_object.h"

namespace limen::storage {

namespace {

// What an event costs beside the objects it points to.
constexpr std::size_t kEventBytes = sizeof(Event) + sizeof(watch::Entry) + 32;

class CollectionWatch final : public Watch {
 public:
  CollectionWatch(std::unique_ptr<watch::Subscription> subscription, metrics::Gauge& watchers)
      : subscription_(std::move(subscription)), watchers_(watchers) {
    watchers_.add(1);
  }
  ~CollectionWatch() override { watchers_.add(-1); }
  std::vector<EventPtr> take(std::size_t limit) override { return subscription_->take(limit); }
  bool lost() const override { return subscription_->lost(); }
  Revision position() const override { return subscription_->position(); }

 private:
  const std::unique_ptr<watch::Subscription> subscription_;
  metrics::Gauge& watchers_;
};

// Cuts `candidates` down to what passes the filter, up to the limit, and says whether it stopped.
void filter_into(const ListOptions& options, std::vector<ObjectPtr> candidates,
                 ListResult& result) {
  if (!options.filter && (options.limit == 0 || candidates.size() <= options.limit)) {
    result.objects = std::move(candidates);
  } else {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (options.filter && !options.filter(*candidates[i])) continue;
      result.objects.push_back(std::move(candidates[i]));
      if (result.objects.size() != options.limit || i + 1 == candidates.size()) continue;
      result.more = true;
      if (!options.filter) result.remaining = static_cast<std::int64_t>(candidates.size() - i - 1);
      break;
    }
  }
}

void note_last(ListResult& result) {
  if (result.objects.empty()) return;
  result.last_ns = result.objects.back()->ns;
  result.last_name = result.objects.back()->name;
}

}  // namespace

Collection::Collection(ResourceId id, Horizon& horizon, std::size_t log_bytes)
    : id_(std::move(id)),
      horizon_(horizon),
      log_(std::make_shared<watch::Log>(log_bytes)),
      hub_(log_, horizon.published),
      objects_(metrics::gauge("limen_storage_objects", "Objects stored.", {"group", "resource"})
                   .with({id_.group, id_.resource})),
      watchers_(metrics::gauge("limen_storage_watches", "Running watches.", {"group", "resource"})
                    .with({id_.group, id_.resource})) {}

ObjectPtr Collection::get(std::string_view ns, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  return table_.find(ns, name);
}

std::size_t Collection::size() const {
  const std::shared_lock lock(mutex_);
  return table_.size();
}

ReadStatus Collection::check(Revision revision) const {
  if (revision > horizon_.published->load(std::memory_order_acquire)) return ReadStatus::too_new;
  if (revision <= horizon_.compacted.load() || revision < log_->trimmed()) {
    return ReadStatus::too_old;
  }
  return ReadStatus::ok;
}

void Collection::fill_newest(const ListOptions& options, ListResult& result) const {
  const Range range = range_of(table_, options.ns, options.start_ns, options.start_name);
  std::size_t room = table_.size();
  if (options.limit != 0 && options.limit < room) room = options.limit;
  if (options.ns.empty()) result.objects.reserve(room);
  auto place = range.begin;
  for (; place != range.end; place = table_.next(place)) {
    if (options.limit != 0 && result.objects.size() == options.limit) break;
    result.objects.push_back(table_.at(place));
  }
  if (place == range.end) return;
  result.more = true;
  result.remaining = static_cast<std::int64_t>(table_.rank(range.end) - table_.rank(place));
}

std::vector<ObjectPtr> Collection::range_at(const ListOptions& options) const {
  if (options.revision != 0) {
    return objects_at(table_, *log_, options.revision, options.ns, options.start_ns,
                      options.start_name);
  }
  const Range range = range_of(table_, options.ns, options.start_ns, options.start_name);
  std::vector<ObjectPtr> objects;
  objects.reserve(table_.rank(range.end) - table_.rank(range.begin));
  for (auto place = range.begin; place != range.end; place = table_.next(place)) {
    objects.push_back(table_.at(place));
  }
  return objects;
}

ListResult Collection::list(const ListOptions& options) const {
  ListResult result;
  std::vector<ObjectPtr> candidates;
  {
    const std::shared_lock lock(mutex_);
    result.revision = horizon_.published->load(std::memory_order_acquire);
    if (options.revision != 0) {
      result.status = check(options.revision);
      if (result.status != ReadStatus::ok) return result;
      result.revision = options.revision;
    }
    if (!options.filter && options.revision == 0) {
      fill_newest(options, result);
      note_last(result);
      return result;
    }
    candidates = range_at(options);
  }
  // Filters look into objects: outside the lock.
  filter_into(options, std::move(candidates), result);
  note_last(result);
  return result;
}

std::unique_ptr<Watch> Collection::watch(const std::string& ns, Revision from, base::Executor& loop,
                                         std::function<void()> wake, ReadStatus& status) {
  status = check(from);
  if (status != ReadStatus::ok) return nullptr;
  auto subscription = hub_.subscribe(ns, from, loop, std::move(wake));
  if (!subscription) {
    status = ReadStatus::too_old;
    return nullptr;
  }
  return std::make_unique<CollectionWatch>(std::move(subscription), watchers_);
}

void Collection::restore(ObjectPtr object) {
  const std::unique_lock lock(mutex_);
  table_.put(std::move(object));
  objects_.set(static_cast<double>(table_.size()));
}

void Collection::replace(std::vector<ObjectPtr> objects, Revision revision) {
  const std::unique_lock lock(mutex_);
  table_ = ObjectTable();
  for (ObjectPtr& object : objects) table_.put(std::move(object));
  objects_.set(static_cast<double>(table_.size()));
  log_->cut(revision);
}

void Collection::apply_put(ObjectPtr object) {
  const std::unique_lock lock(mutex_);
  ObjectPtr previous = table_.put(object);
  const EventType type = previous ? EventType::modified : EventType::added;
  remember(type, std::move(object), std::move(previous));
}

ObjectPtr Collection::apply_remove(std::string_view ns, std::string_view name, Revision revision) {
  const std::unique_lock lock(mutex_);
  ObjectPtr previous = table_.erase(ns, name);
  if (!previous) {
    horizon_.published->store(revision, std::memory_order_release);
    return nullptr;
  }
  ObjectPtr last = at_revision(*previous, revision);
  remember(EventType::deleted, last, std::move(previous));
  return last;
}

void Collection::trim(Revision revision) {
  // Not while somebody reads an earlier state from table and log together.
  const std::unique_lock lock(mutex_);
  log_->trim(revision);
}

void Collection::remember(EventType type, ObjectPtr object, ObjectPtr previous) {
  const Revision revision = object->revision;
  watch::Entry entry;
  entry.revision = revision;
  entry.ns = object->ns;
  entry.bytes = kEventBytes;
  // The newest state is in the table anyway; what the history pins is what was before it, and the
  // copy of what was removed.
  if (previous) entry.bytes += memory_of(*previous);
  if (type == EventType::deleted) entry.bytes += memory_of(*object);
  entry.event =
      std::make_shared<const Event>(Event{type, revision, std::move(object), std::move(previous)});
  log_->append(std::move(entry));
  objects_.set(static_cast<double>(table_.size()));
  horizon_.published->store(revision, std::memory_order_release);
}

}  // namespace limen::storage
