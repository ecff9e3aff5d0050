// ObjectFeed: stored objects as one module instance sees them ("limen.objects/1").
//
// A subscription tells first what exists, then that this was all, then every change in order, on
// the instance's own serial thread. Should the store have compacted what a slow subscriber still
// needs, the feed compares its last state with the present one and tells the difference, so a
// subscriber never misses the end state of an object. get and list read the store itself. Thread
// rule: any thread; subscribe only while the instance starts. Lifetime: stopped before it is
// destroyed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limen/limen.h"
#include "modules/executor_thread.h"
#include "modules/parsed_objects.h"
#include "storage/followers.h"
#include "storage/store.h"

namespace limen::modules {

// Stores a new object, filled in as the server fills in its own, and tells how that ended, on any
// thread. Any thread; must not throw.
using ObjectCreator = std::function<void(storage::Key key, object::Json object,
                                         std::function<void(storage::WriteStatus)> done)>;

// By which resource the objects of a kind are addressed; an empty name when the kind is not served.
struct ServedResource {
  std::string name;
  bool namespaced = false;
};
using ResourceOfKind = std::function<ServedResource(
    std::string_view group, std::string_view version, std::string_view kind)>;

// Where objects come from. Without a store there are none, and everything is in sync.
struct ObjectSource {
  storage::Store* store = nullptr;
  std::function<bool(std::string_view group, std::string_view resource)> exists;  // null: all do
  ObjectCreator create = nullptr;        // null: modules create nothing
  ResourceOfKind resource_of = nullptr;  // null: no kind is known
};

class ObjectFeed {
 public:
  static constexpr std::size_t kMaxSubscriptions = 256;
  using Callback = void (*)(void* arg, std::int32_t event, const limen_node* object);

  ObjectFeed(const ObjectSource& source, ExecutorThread& serial);
  ObjectFeed(const ObjectFeed&) = delete;
  ObjectFeed& operator=(const ObjectFeed&) = delete;
  ~ObjectFeed();

  limen_status subscribe(std::string_view group, std::string_view resource, Callback fn, void* arg);
  bool synced() const;
  // False when something is not in sync at `deadline`.
  bool wait_synced(base::Deadline deadline) const;

  limen_status get(std::string_view group, std::string_view resource, std::string_view ns,
                   std::string_view name, const limen_node** out) const;
  limen_status list(std::string_view group, std::string_view resource, std::string_view ns,
                    std::string_view selector, std::int32_t (*each)(void*, const limen_node*),
                    void* arg) const;
  limen_status set_label(std::string_view group, std::string_view resource, std::string_view ns,
                         std::string_view name, std::string_view label,
                         std::string_view value) const;

  // Who knows instead what the instance has been told: it lives elsewhere and follows through
  // somebody else. While it starts; kept for as long as the feed.
  void follow_through(std::shared_ptr<const storage::Followers> elsewhere);

  bool known(std::string_view group, std::string_view resource) const;
  const ObjectSource& source() const { return source_; }

  // True when the instance has been told of every change of `id` up to `revision`, does not follow
  // it, or is stopped. Otherwise `told` runs once that is so.
  bool seen(const storage::ResourceId& id, storage::Revision revision,
            const std::function<void()>& told);
  // Runs `told` once the instance has been told of every write acknowledged before the call; within
  // the call when it follows nothing or is stopped.
  void catch_up(std::function<void()> told);

  // No callback begins after this. The caller then stops the serial thread, which waits for one
  // that runs.
  void stop();

 private:
  struct Subscription;
  struct Waiter {
    const Subscription* subscription;
    storage::Revision revision;
    std::function<void()> told;
  };
  void begin(Subscription& subscription);
  void follow(Subscription& subscription, storage::Revision from);
  void deliver(Subscription& subscription);
  void resync(Subscription& subscription);
  void told_up_to(Subscription& subscription, storage::Revision revision);
  void caught_up(std::uint64_t number);
  void tell(const Subscription& subscription, std::int32_t event,
            const storage::StoredObject& object) const;

  const ObjectSource& source_;
  ExecutorThread& serial_;
  std::atomic<bool> stopped_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<const storage::Followers> elsewhere_;
  mutable std::condition_variable changed_;
  std::size_t unsynced_ = 0;
  std::vector<std::unique_ptr<Subscription>> subscriptions_;
  std::vector<Waiter> waiters_;
  mutable ParsedObjects parsed_;  // what get() gives out
  std::uint64_t last_catch_up_ = 0;
  std::map<std::uint64_t, std::function<void()>> catching_up_;  // by number
};

}  // namespace limen::modules
