#include "modules/object_feed.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "modules/host_scope.h"
#include "modules/label_writer.h"
#include "modules/nodes.h"
#include "modules/object_writes.h"
#include "object/selector.h"
#include "observability/log.h"

namespace limen::modules {

struct ObjectFeed::Subscription {
  storage::ResourceId id;
  Callback fn = nullptr;
  void* arg = nullptr;
  storage::Revision told = -1;  // everything up to here; under the feed's mutex
  // The rest belongs to the serial thread.
  std::unique_ptr<storage::Watch> watch;
  std::map<std::pair<std::string, std::string>, storage::ObjectPtr> last;  // as told
  bool synced = false;
};

ObjectFeed::ObjectFeed(const ObjectSource& source, ExecutorThread& serial)
    : source_(source), serial_(serial) {}

ObjectFeed::~ObjectFeed() = default;

bool ObjectFeed::known(std::string_view group, std::string_view resource) const {
  return !resource.empty() && (!source_.exists || source_.exists(group, resource));
}

limen_status ObjectFeed::subscribe(std::string_view group, std::string_view resource, Callback fn,
                                   void* arg) {
  if (fn == nullptr) return LIMEN_E_INVALID;
  if (!known(group, resource)) return LIMEN_E_NOT_FOUND;
  auto made = std::make_unique<Subscription>();
  made->id = {std::string(group), std::string(resource)};
  made->fn = fn;
  made->arg = arg;
  Subscription* subscription = made.get();
  {
    const std::lock_guard lock(mutex_);
    if (subscriptions_.size() >= kMaxSubscriptions) return LIMEN_E_UNAVAILABLE;
    subscriptions_.push_back(std::move(made));
    ++unsynced_;
  }
  serial_.post([this, subscription] { begin(*subscription); });
  return LIMEN_OK;
}

void ObjectFeed::follow_through(std::shared_ptr<const storage::Followers> elsewhere) {
  const std::lock_guard lock(mutex_);
  elsewhere_ = std::move(elsewhere);
}

bool ObjectFeed::synced() const {
  const std::lock_guard lock(mutex_);
  return unsynced_ == 0;
}

bool ObjectFeed::wait_synced(base::Deadline deadline) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] { return unsynced_ == 0; });
}

bool ObjectFeed::seen(const storage::ResourceId& id, storage::Revision revision,
                      const std::function<void()>& told) {
  std::unique_lock lock(mutex_);
  if (elsewhere_ != nullptr) {
    const auto elsewhere = elsewhere_;
    lock.unlock();
    return elsewhere->seen(id, revision, told);
  }
  if (stopped_.load(std::memory_order_acquire)) return true;
  const Subscription* behind = nullptr;  // a module may follow one resource twice: the last tells
  for (const auto& subscription : subscriptions_) {
    const bool late = subscription->id == id && subscription->told < revision;
    if (late && (behind == nullptr || subscription->told <= behind->told)) {
      behind = subscription.get();
    }
  }
  if (behind == nullptr) return true;
  waiters_.push_back({behind, revision, told});
  return false;
}

void ObjectFeed::told_up_to(Subscription& subscription, storage::Revision revision) {
  std::vector<Waiter> due;
  {
    const std::lock_guard lock(mutex_);
    subscription.told = revision;
    const auto is_due = [&](const Waiter& waiter) {
      return waiter.subscription == &subscription && waiter.revision <= revision;
    };
    const auto keep = std::partition(waiters_.begin(), waiters_.end(), std::not_fn(is_due));
    due.assign(std::make_move_iterator(keep), std::make_move_iterator(waiters_.end()));
    waiters_.erase(keep, waiters_.end());
  }
  for (const Waiter& waiter : due) waiter.told();
}

// The store tells the watchers of a write before it acknowledges it, so what the serial thread has
// to do for such a write is queued already, and what is queued now comes after it.
void ObjectFeed::catch_up(std::function<void()> told) {
  std::uint64_t number = 0;
  std::shared_ptr<const storage::Followers> elsewhere;
  {
    const std::lock_guard lock(mutex_);
    elsewhere = elsewhere_;
    if (!stopped_.load(std::memory_order_acquire) && !subscriptions_.empty()) {
      number = ++last_catch_up_;
      catching_up_.emplace(number, std::move(told));
    }
  }
  if (elsewhere != nullptr) return elsewhere->catch_up(std::move(told));
  if (number == 0) return told();
  serial_.post([this, number] { caught_up(number); });
}

void ObjectFeed::caught_up(std::uint64_t number) {
  std::function<void()> told;
  {
    const std::lock_guard lock(mutex_);
    const auto found = catching_up_.find(number);
    if (found == catching_up_.end()) return;  // stopped meanwhile
    told = std::move(found->second);
    catching_up_.erase(found);
  }
  told();
}

void ObjectFeed::stop() {
  std::vector<Waiter> all;
  std::map<std::uint64_t, std::function<void()>> catching_up;
  {
    const std::lock_guard lock(mutex_);
    stopped_.store(true, std::memory_order_release);
    all.swap(waiters_);
    catching_up.swap(catching_up_);
  }
  for (const Waiter& waiter : all) waiter.told();
  for (const auto& [number, told] : catching_up) told();
}

void ObjectFeed::tell(const Subscription& subscription, std::int32_t event,
                      const storage::StoredObject& object) const {
  if (stopped_.load(std::memory_order_acquire)) return;
  object::Document document;
  try {
    document = object::Document::parse(object.json);
  } catch (const std::exception& error) {
    log::error("stored object cannot be parsed; modules do not see it",
               {{"resource", subscription.id.resource},
                {"namespace", object.ns},
                {"name", object.name},
                {"error", error.what()}});
    return;
  }
  subscription.fn(subscription.arg, event, root_node(document));
}

void ObjectFeed::begin(Subscription& subscription) {
  storage::Revision revision = 0;
  if (source_.store != nullptr) {
    const storage::ListResult now = source_.store->list(subscription.id, {});
    revision = now.revision;
    for (const storage::ObjectPtr& object : now.objects) {
      tell(subscription, LIMEN_OBJECT_ADDED, *object);
      subscription.last[{object->ns, object->name}] = object;
    }
  }
  if (!stopped_.load(std::memory_order_acquire)) {
    subscription.fn(subscription.arg, LIMEN_OBJECT_SYNCED, nullptr);
  }
  {
    const std::lock_guard lock(mutex_);
    --unsynced_;
    changed_.notify_all();
  }
  if (source_.store == nullptr) return;
  told_up_to(subscription, revision);
  follow(subscription, revision);
}

void ObjectFeed::follow(Subscription& subscription, storage::Revision from) {
  storage::ReadStatus status = storage::ReadStatus::ok;
  Subscription* const self = &subscription;
  subscription.watch = source_.store->watch(
      subscription.id, "", from, serial_, [this, self] { deliver(*self); }, status);
  if (subscription.watch == nullptr) {
    serial_.post([this, self] { resync(*self); });
    return;
  }
  deliver(subscription);
}

void ObjectFeed::deliver(Subscription& subscription) {
  while (subscription.watch != nullptr && !stopped_.load(std::memory_order_acquire)) {
    if (subscription.watch->lost()) {
      resync(subscription);
      return;
    }
    const std::vector<storage::EventPtr> events = subscription.watch->take(256);
    if (events.empty()) return;
    for (const storage::EventPtr& event : events) {
      const std::pair<std::string, std::string> key(event->object->ns, event->object->name);
      if (event->type == storage::EventType::deleted) {
        tell(subscription, LIMEN_OBJECT_DELETED, *event->object);
        subscription.last.erase(key);
      } else {
        tell(subscription,
             event->type == storage::EventType::added ? LIMEN_OBJECT_ADDED : LIMEN_OBJECT_MODIFIED,
             *event->object);
        subscription.last[key] = event->object;
      }
    }
    told_up_to(subscription, events.back()->revision);
  }
}

void ObjectFeed::resync(Subscription& subscription) {
  if (stopped_.load(std::memory_order_acquire)) return;
  subscription.watch.reset();
  const storage::ListResult now = source_.store->list(subscription.id, {});
  std::map<std::pair<std::string, std::string>, storage::ObjectPtr> before;
  before.swap(subscription.last);
  for (const storage::ObjectPtr& object : now.objects) {
    const std::pair<std::string, std::string> key(object->ns, object->name);
    const auto found = before.find(key);
    if (found == before.end()) {
      tell(subscription, LIMEN_OBJECT_ADDED, *object);
    } else if (found->second->create_revision != object->create_revision) {
      tell(subscription, LIMEN_OBJECT_DELETED, *found->second);
      tell(subscription, LIMEN_OBJECT_ADDED, *object);
    } else if (found->second->revision != object->revision) {
      tell(subscription, LIMEN_OBJECT_MODIFIED, *object);
    }
    if (found != before.end()) before.erase(found);
    subscription.last[key] = object;
  }
  for (const auto& [key, object] : before) tell(subscription, LIMEN_OBJECT_DELETED, *object);
  told_up_to(subscription, now.revision);
  follow(subscription, now.revision);
}

limen_status ObjectFeed::get(std::string_view group, std::string_view resource, std::string_view ns,
                             std::string_view name, const limen_node** out) const {
  if (out == nullptr) return LIMEN_E_INVALID;
  *out = nullptr;
  if (source_.store == nullptr || !known(group, resource)) return LIMEN_E_NOT_FOUND;
  const storage::Key key{
      {std::string(group), std::string(resource)}, std::string(ns), std::string(name)};
  const storage::ObjectPtr found = source_.store->get(key);
  if (found == nullptr) return LIMEN_E_NOT_FOUND;
  const object::Document document = parsed_.of(found);
  const limen_node* node = root_node(document);
  node_table().retain(node);
  *out = node;
  return LIMEN_OK;
}

limen_status ObjectFeed::list(std::string_view group, std::string_view resource,
                              std::string_view ns, std::string_view selector,
                              std::int32_t (*each)(void*, const limen_node*), void* arg) const {
  if (each == nullptr) return LIMEN_E_INVALID;
  storage::ListOptions options;
  options.ns = std::string(ns);
  if (!selector.empty()) {
    object::LabelSelector parsed;
    try {
      parsed = object::LabelSelector::parse(selector);
    } catch (const object::SelectorError&) {
      return LIMEN_E_INVALID;
    }
    options.filter = [parsed](const storage::StoredObject& object) {
      return parsed.matches(object.labels);
    };
  }
  if (!known(group, resource)) return LIMEN_E_NOT_FOUND;
  if (source_.store == nullptr) return LIMEN_OK;
  const storage::ResourceId id{std::string(group), std::string(resource)};
  for (const storage::ObjectPtr& object : source_.store->list(id, options).objects) {
    const object::Document document = object::Document::parse(object->json);
    if (each(arg, root_node(document)) == 0) break;
  }
  return LIMEN_OK;
}

limen_status ObjectFeed::set_label(std::string_view group, std::string_view resource,
                                   std::string_view ns, std::string_view name,
                                   std::string_view label, std::string_view value) const {
  if (source_.store == nullptr || !known(group, resource)) return LIMEN_E_NOT_FOUND;
  const storage::Key key{
      {std::string(group), std::string(resource)}, std::string(ns), std::string(name)};
  return modules::set_label(*source_.store, key, std::string(label), std::string(value));
}

namespace {

storage::Key key_of(limen_str group, limen_str resource, limen_str ns, limen_str name) {
  return {{std::string(to_view(group)), std::string(to_view(resource))},
          std::string(to_view(ns)),
          std::string(to_view(name))};
}

limen_status subscribe(const limen_host* host, limen_str group, limen_str, limen_str resource,
                       ObjectFeed::Callback fn, void* arg) noexcept {
  HostScope* scope = HostScope::of(host);
  if (scope == nullptr || scope->stage() != Stage::starting) return LIMEN_E_INVALID;
  return scope->objects().subscribe(to_view(group), to_view(resource), fn, arg);
}

std::int32_t synced(const limen_host* host) noexcept {
  HostScope* scope = HostScope::of(host);
  return scope != nullptr && scope->objects().synced() ? 1 : 0;
}

// A stored object that cannot be parsed is the store's fault; the module gets an error, no throw.
limen_status get(const limen_host* host, limen_str group, limen_str resource, limen_str ns,
                 limen_str name, const limen_node** out) noexcept {
  HostScope* scope = HostScope::of(host);
  if (scope == nullptr) return LIMEN_E_INVALID;
  try {
    return scope->objects().get(to_view(group), to_view(resource), to_view(ns), to_view(name), out);
  } catch (const std::exception&) {
    return LIMEN_E_INTERNAL;
  }
}

limen_status list(const limen_host* host, limen_str group, limen_str resource, limen_str ns,
                  limen_str selector, std::int32_t (*each)(void*, const limen_node*),
                  void* arg) noexcept {
  HostScope* scope = HostScope::of(host);
  if (scope == nullptr) return LIMEN_E_INVALID;
  try {
    return scope->objects().list(to_view(group), to_view(resource), to_view(ns), to_view(selector),
                                 each, arg);
  } catch (const std::exception&) {
    return LIMEN_E_INTERNAL;
  }
}

limen_status set_object_label(const limen_host* host, limen_str group, limen_str resource,
                              limen_str ns, limen_str name, limen_str label,
                              limen_str value) noexcept {
  HostScope* scope = HostScope::of(host);
  if (scope == nullptr) return LIMEN_E_INVALID;
  try {
    return scope->objects().set_label(to_view(group), to_view(resource), to_view(ns), to_view(name),
                                      to_view(label), to_view(value));
  } catch (const std::exception&) {
    return LIMEN_E_INTERNAL;
  }
}

limen_status update_object_status(const limen_host* host, limen_str group, limen_str resource,
                                  limen_str ns, limen_str name, limen_str resource_version,
                                  limen_str status_json, WriteDone done, void* arg) noexcept {
  HostScope* scope = HostScope::of(host);
  if (scope == nullptr) return LIMEN_E_INVALID;
  try {
    return replace_status(*scope, key_of(group, resource, ns, name), to_view(resource_version),
                          to_view(status_json), done, arg);
  } catch (const std::exception&) {
    return LIMEN_E_INTERNAL;
  }
}

limen_status create_object(const limen_host* host, limen_str group, limen_str resource,
                           limen_str ns, limen_str name, limen_str json, WriteDone done,
                           void* arg) noexcept {
  HostScope* scope = HostScope::of(host);
  if (scope == nullptr) return LIMEN_E_INVALID;
  try {
    return create_new(*scope, key_of(group, resource, ns, name), to_view(json), done, arg);
  } catch (const std::exception&) {
    return LIMEN_E_INTERNAL;
  }
}

limen_status resource_of(const limen_host* host, limen_str group, limen_str version, limen_str kind,
                         void (*tell)(void*, limen_str, std::int32_t), void* arg) noexcept {
  HostScope* scope = HostScope::of(host);
  if (scope == nullptr || tell == nullptr) return LIMEN_E_INVALID;
  const ResourceOfKind& find = scope->objects().source().resource_of;
  if (!find) return LIMEN_E_NOT_FOUND;
  try {
    const ServedResource found = find(to_view(group), to_view(version), to_view(kind));
    if (found.name.empty()) return LIMEN_E_NOT_FOUND;
    tell(arg, to_limen(found.name), found.namespaced ? 1 : 0);
    return LIMEN_OK;
  } catch (const std::exception&) {
    return LIMEN_E_INTERNAL;
  }
}

}  // namespace

const limen_objects_api& objects_table() {
  static constexpr limen_objects_api table = {sizeof(limen_objects_api),
                                              0,
                                              subscribe,
                                              synced,
                                              get,
                                              list,
                                              set_object_label,
                                              update_object_status,
                                              create_object,
                                              resource_of};
  return table;
}

}  // namespace limen::modules
