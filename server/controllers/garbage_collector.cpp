#include "controllers/garbage_collector.h"

#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include "catalog/custom/lookup_kind.h"
#include "controllers/deletion.h"
#include "controllers/invalid_owner.h"
#include "controllers/names.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/lifecycle.h"

namespace limen::controllers {

namespace {

using object::Json;

// Writes under way at once, so that they share transactions.
constexpr std::size_t kAtOnce = 128;
// How many owners are remembered to be nowhere.
constexpr std::size_t kAbsent = 4096;

std::string key_text(std::uint32_t number, const storage::StoredObject& object) {
  return std::to_string(number) + '/' + object.ns + '/' + object.name;
}

struct Place {
  std::uint32_t number = 0;
  std::string ns, name;
};

Place parse_key(const std::string& key) {
  Place place;
  const std::size_t first = key.find('/');
  const std::size_t second = key.find('/', first + 1);
  std::from_chars(key.data(), key.data() + first, place.number);
  place.ns = key.substr(first + 1, second - first - 1);
  place.name = key.substr(second + 1);
  return place;
}

storage::ResourceId id_of(const catalog::Resource& resource) {
  return {std::string(resource.storage_group), std::string(resource.name)};
}

bool mentions(const storage::StoredObject& object, std::string_view member) {
  return memmem(object.json.data(), object.json.size(), member.data(), member.size()) != nullptr;
}

// Kinds come and go by these.
bool brings_kinds(const catalog::Resource& resource) {
  return resource.name == "customresourcedefinitions" || resource.name == "apiservices";
}

}  // namespace

GarbageCollector::GarbageCollector(Scope& scope, Objects& objects)
    : objects_(objects),
      queue_(scope, kGarbageCollector, [this](std::string key) { return look(std::move(key)); }),
      everything_(objects.store(), objects.loop(),
                  {[this](std::uint32_t number, const storage::ObjectPtr& object, bool is_gone) {
                     changed(number, object, is_gone);
                   },
                   [this] { forget(); }, [this] { flush(); }}) {}

std::string_view GarbageCollector::name() const { return kGarbageCollector; }

storage::Key GarbageCollector::Item::key() const {
  return {id_of(*resource), object->ns, object->name};
}

void GarbageCollector::start() {
  everything_.start();
  flush();
}

// ---- what is told -------------------------------------------------------------------------------

void GarbageCollector::changed(std::uint32_t number, const storage::ObjectPtr& object,
                               bool is_gone) {
  std::vector<Uid> unblocked;
  if (is_gone) {
    gone(object, unblocked);
  } else {
    if (brings_kinds(*everything_.resource(number))) concerned_.merge(unresolved_);
    // Most objects have neither, and are not read.
    const bool owned = mentions(*object, "\"ownerReferences\"");
    const bool deleting = mentions(*object, "\"deletionTimestamp\"");
    std::vector<OwnerGraph::Owner> owners;
    if (owned || deleting) {
      const object::Document document = object::Document::parse(object->json);
      owners = owners_of(document.root());
      if (deleting && (has_finalizer(document.root(), kOrphanFinalizer) ||
                       waits_for_dependents(document.root()))) {
        concerned_.insert(key_text(number, *object));
      }
    }
    if (graph_.put(number, object, std::move(owners), unblocked)) {
      concerned_.insert(key_text(number, *object));
    }
  }
  for (const Uid& owner : unblocked) {
    const auto waiting = waiting_.find(owner);
    if (waiting != waiting_.end()) concerned_.insert(waiting->second);
  }
}

void GarbageCollector::gone(const storage::ObjectPtr& object, std::vector<Uid>& unblocked) {
  const Uid uid = to_uid(object->uid);
  graph_.erase(uid, unblocked);
  waiting_.erase(uid);
  if (!graph_.has_dependents(uid)) return;
  if (absent_.size() >= kAbsent) absent_.clear();
  absent_.insert(uid);
  remember_dependents(uid);
}

void GarbageCollector::remember_dependents(const Uid& owner) {
  graph_.for_each_dependent(owner, [&](std::uint32_t number, const storage::ObjectPtr& object) {
    concerned_.insert(key_text(number, *object));
  });
}

void GarbageCollector::forget() {
  graph_.clear();
  waiting_.clear();
  absent_.clear();
  unresolved_.clear();
}

void GarbageCollector::flush() {
  // A look may begin inside add(), and tell of more.
  for (const std::string& key : std::exchange(concerned_, {})) queue_.add(key);
}

// ---- looking at one object ----------------------------------------------------------------------

GarbageCollector::ItemPtr GarbageCollector::newest(std::uint32_t number, const std::string& ns,
                                                   const std::string& name) const {
  catalog::ResourcePtr resource = everything_.resource(number);
  storage::ObjectPtr object = objects_.store().get({id_of(*resource), ns, name});
  if (!object) return nullptr;
  object::Document document = object::Document::parse(object->json);
  return std::make_shared<const Item>(
      Item{number, std::move(resource), std::move(object), std::move(document)});
}

base::Task<bool> GarbageCollector::look(std::string key) {
  everything_.take();
  flush();
  const Place place = parse_key(key);
  const ItemPtr item = newest(place.number, place.ns, place.name);
  if (!item) co_return true;
  if (object::deletion_timestamp(item->root()).empty()) co_return co_await judge(item);
  if (has_finalizer(item->root(), kOrphanFinalizer)) co_return co_await orphan_dependents(item);
  if (waits_for_dependents(item->root())) co_return co_await finish_foreground(item);
  co_return true;  // others let it go; its dependents are looked at once it has gone
}

base::Task<bool> GarbageCollector::judge(ItemPtr item) {
  const Owners owners = co_await find_owners(item);
  if (owners.unknown) {
    unresolved_.insert(key_text(item->number, *item->object));
    co_return true;
  }
  if (owners.solid.empty() && owners.gone.empty() && owners.waiting.empty()) co_return true;
  if (owners.solid.empty()) co_return co_await collect(std::move(item), !owners.waiting.empty());
  if (owners.gone.empty() && owners.waiting.empty()) co_return true;
  // It stays with the others; one that waits for it need not any more.
  Json changed = object::mutable_copy(item->root());
  drop_owners(changed, [&](const OwnerReference& reference) {
    return !owners.solid.contains(reference.uid);
  });
  co_return co_await update(item, std::move(changed));
}

// Deletes what has no owner left.
base::Task<bool> GarbageCollector::collect(ItemPtr item, bool owners_wait) {
  if (owners_wait && graph_.has_dependents(to_uid(item->object->uid))) {
    Json changed = object::mutable_copy(item->root());
    if (in_a_circle(*item) && unblock_owners(changed)) {
      // Looked at again, because its references have changed.
      co_return co_await update(item, std::move(changed));
    }
    co_return co_await delete_with(objects_, *item->resource, item->object,
                                   registry::Propagation::foreground);
  }
  registry::Propagation how = registry::Propagation::background;
  if (has_finalizer(item->root(), kOrphanFinalizer)) {
    how = registry::Propagation::orphan;
  } else if (has_finalizer(item->root(), kForegroundFinalizer)) {
    how = registry::Propagation::foreground;
  }
  co_return co_await delete_with(objects_, *item->resource, item->object, how);
}

// True when one of its dependents waits for its own dependents, of which it may be one.
bool GarbageCollector::in_a_circle(const Item& item) const {
  bool found = false;
  graph_.for_each_dependent(
      to_uid(item.object->uid), [&](std::uint32_t, const storage::ObjectPtr& dependent) {
        if (found || !mentions(*dependent, "\"deletionTimestamp\"")) return;
        const object::Document document = object::Document::parse(dependent->json);
        found = waits_for_dependents(document.root());
      });
  return found;
}

base::Task<bool> GarbageCollector::finish_foreground(ItemPtr item) {
  const Uid uid = to_uid(item->object->uid);
  if (graph_.blocking(uid) == 0) {
    remember_dependents(uid);
    flush();
    co_return co_await remove_finalizer(std::move(item), kForegroundFinalizer);
  }
  waiting_[uid] = key_text(item->number, *item->object);
  remember_dependents(uid);
  flush();
  co_return true;  // looked at again when the last one has gone
}

base::Task<bool> GarbageCollector::orphan_dependents(ItemPtr item) {
  std::vector<std::pair<std::uint32_t, storage::ObjectPtr>> dependents;
  graph_.for_each_dependent(to_uid(item->object->uid),
                            [&](std::uint32_t number, const storage::ObjectPtr& object) {
                              dependents.emplace_back(number, object);
                            });
  for (std::size_t first = 0; first < dependents.size(); first += kAtOnce) {
    Group group(objects_.loop());
    for (std::size_t i = first; i < dependents.size() && i < first + kAtOnce; ++i) {
      group.add(let_go(dependents[i].first, dependents[i].second, item->object->uid));
    }
    co_await group.wait();
  }
  everything_.take();
  flush();
  // Some were written by others at the same time, or came later.
  if (graph_.has_dependents(to_uid(item->object->uid))) co_return false;
  co_return co_await remove_finalizer(std::move(item), kOrphanFinalizer);
}

base::Task<void> GarbageCollector::let_go(std::uint32_t number, storage::ObjectPtr dependent,
                                          std::string owner) {
  const ItemPtr item = newest(number, dependent->ns, dependent->name);
  if (!item) co_return;
  Json changed = object::mutable_copy(item->root());
  const bool named =
      drop_owners(changed, [&](const OwnerReference& reference) { return reference.uid == owner; });
  if (named) co_await update(item, std::move(changed));
}

base::Task<bool> GarbageCollector::remove_finalizer(ItemPtr item, std::string_view finalizer) {
  Json changed = object::mutable_copy(item->root());
  drop_finalizer(changed, finalizer);
  if (registry::completes_deletion(*item->resource, changed, item->root())) {
    storage::Key key = item->key();
    co_return co_await objects_.remove(std::move(key), item->object->revision);
  }
  co_return co_await update(item, std::move(changed));
}

base::Task<bool> GarbageCollector::update(ItemPtr item, Json changed) {
  storage::Key key = item->key();
  co_return co_await objects_.update(std::move(key), item->object->revision, std::move(changed));
}

// ---- owners -------------------------------------------------------------------------------------

base::Task<GarbageCollector::Owners> GarbageCollector::find_owners(ItemPtr item) {
  Owners owners;
  for (const OwnerReference& reference : owner_references(item->root())) {
    const auto version = object::split_api_version(reference.api_version);
    const catalog::ResourcePtr kind =
        catalog::lookup_kind(version.group, version.version, reference.kind);
    if (!kind || !kind->stored()) {
      if (absent_.contains(to_uid(reference.uid))) {
        owners.gone.insert(reference.uid);  // its kind went with it
      } else {
        owners.unknown = true;  // perhaps it will be served later
      }
      continue;
    }
    if (kind->namespaced && item->object->ns.empty()) {
      owners.unknown = true;  // not looked for in any namespace
      co_await tell_invalid(item, reference);
      continue;
    }
    const storage::ResourceId id = id_of(*kind);
    const storage::ObjectPtr owner = objects_.store().get(
        {id, kind->namespaced ? item->object->ns : std::string(), reference.name});
    if (!owner || owner->uid != reference.uid) {
      owners.gone.insert(reference.uid);
      if (kind->namespaced && is_elsewhere(id, reference.uid)) {
        co_await tell_invalid(item, reference);
      }
      continue;
    }
    const bool waits = mentions(*owner, "\"deletionTimestamp\"") &&
                       waits_for_dependents(object::Document::parse(owner->json).root());
    (waits ? owners.waiting : owners.solid).insert(reference.uid);
  }
  co_return owners;
}

// True when the owner is in another namespace. Looked for once; those that have gone not at all.
bool GarbageCollector::is_elsewhere(const storage::ResourceId& id, const std::string& uid) {
  if (absent_.contains(to_uid(uid))) return false;
  storage::ListOptions one;
  one.limit = 1;
  one.filter = [&](const storage::StoredObject& object) { return object.uid == uid; };
  if (!objects_.store().list(id, one).objects.empty()) return true;
  if (absent_.size() >= kAbsent) absent_.clear();
  absent_.insert(to_uid(uid));
  return false;
}

base::Task<void> GarbageCollector::tell_invalid(ItemPtr item, OwnerReference reference) {
  co_await tell_invalid_owner(objects_, item->root(), item->object->ns, std::move(reference));
}

}  // namespace limen::controllers
