// The object store as the rest of the server sees it: everything readable from memory, every write
// durable before it is acknowledged.
//
// A Store holds, for each group-resource, every object as its serialized JSON plus what lists and
// watches select by. Reads never wait. A write is a compare-and-swap: the store's writer groups what
// waits into one durable transaction of the driver, applies it to memory, tells the watchers, then
// completes it. Revisions are global, start at 1 and grow by one a changed object.
// A store in which nothing was ever written is at revision 1.
// Thread rule: any thread. A write's `done` runs once, on the writer's thread or, when the write can
// be refused at once, inside the call; it must be quick and must not throw.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/task.h"

namespace limen::storage {

using Revision = std::int64_t;

// Which list of objects: a group-resource such as {"apps", "deployments"}; core is "".
struct ResourceId {
  std::string group, resource;
  bool operator==(const ResourceId&) const = default;
};

// Names one object; ns is empty for cluster-scoped ones. Built from parsed fields only.
struct Key {
  ResourceId id;
  std::string ns, name;
};

// A note on an object: the last way of reading it that was found to change nothing, so that the next
// reader of the same way need not look. Set and read by any thread; copies take the note along.
class ReadingMark {
 public:
  ReadingMark() = default;
  ReadingMark(const ReadingMark& other) : value_(other.get()) {}
  ReadingMark& operator=(const ReadingMark& other) {
    set(other.get());
    return *this;
  }
  std::uint32_t get() const { return value_.load(std::memory_order_relaxed); }
  void set(std::uint32_t way) const { value_.store(way, std::memory_order_relaxed); }

 private:
  mutable std::atomic<std::uint32_t> value_{0};  // 0: none
};

// One stored version of one object. Immutable; shared by the cache, lists and watchers.
struct StoredObject {
  std::string ns, name, uid;
  Revision revision = 0;            // metadata.resourceVersion
  Revision create_revision = 0;
  std::vector<std::pair<std::string, std::string>> labels;     // sorted by key
  std::string json;                 // the whole object as served in its storage version, compact, metadata last,
                                    // resourceVersion the last key of metadata; ends "}}"
  ReadingMark unchanged_by;         // serial of the custom kind (catalog/custom) whose schema it fits as it is
  std::uint32_t form = 0;           // how the driver's data hold it: with which key; 0: plain (encryption/keyring.h)
};
using ObjectPtr = std::shared_ptr<const StoredObject>;

enum class EventType : std::uint8_t { added, modified, deleted };
// One change. For `deleted` the object is the last state with the revision of the deletion.
struct Event {
  EventType type;
  Revision revision;
  ObjectPtr object;
  ObjectPtr previous;               // null for `added`
};
using EventPtr = std::shared_ptr<const Event>;

enum class WriteStatus {
  ok,
  already_exists,      // create
  not_found,           // update, remove: no such object
  conflict,            // update, remove: the object is at another revision; `current` is set
  unavailable,         // the driver failed; `error` says how; nothing was stored
  too_busy,            // the write queue is full
  unknown,             // the driver failed in between: it may or may not have been stored; `error` says how
};
struct WriteResult {
  WriteStatus status = WriteStatus::unavailable;
  ObjectPtr object;                 // ok: as stored (for remove: the last state at the deletion's revision)
  ObjectPtr current;                // conflict, already_exists
  std::string error;
};

enum class ReadStatus { ok, too_old, too_new };

struct ListResult {
  ReadStatus status = ReadStatus::ok;
  Revision revision = 0;            // the list is the state at this revision
  std::vector<ObjectPtr> objects;   // in key order: by namespace, then name
  bool more = false;                // stopped at `limit` matches
  std::string last_ns, last_name;   // of the last object returned; for the continue token
  std::int64_t remaining = 0;       // objects after the last, when counted (no selector)
};

struct ListOptions {
  std::string ns;                                   // empty: all namespaces
  std::string start_ns, start_name;                 // begin after this key; both empty: at the start
  std::size_t limit = 0;                            // 0: no limit
  Revision revision = 0;                            // 0: newest; else exactly this one
  std::function<bool(const StoredObject&)> filter;  // null: everything
};

// A running watch. Destroying it ends it. take() returns what has happened since, in order, exactly
// once; after `wake` was called there is something to take, or the watch is lost. When take() returns
// as many as its limit there may be more, for which no further wake comes: take again.
// Used and destroyed on the thread of its executor, or once that has ended.
class Watch {
 public:
  virtual ~Watch() = default;
  // Up to `limit` next events (0: all there are). The owner's thread only.
  virtual std::vector<EventPtr> take(std::size_t limit) = 0;
  // True when the watcher fell so far behind that events it needs were compacted: end it with 410.
  virtual bool lost() const = 0;
  // The revision up to which everything has been taken; for bookmarks.
  virtual Revision position() const = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // The newest revision that is durable and readable.
  virtual Revision revision() const = 0;
  // Revisions up to and including this one can no longer be listed or watched from.
  virtual Revision compacted() const = 0;

  virtual ObjectPtr get(const Key& key) const = 0;   // null: none
  virtual ListResult list(const ResourceId& id, const ListOptions& options) const = 0;
  virtual std::size_t count(const ResourceId& id) const = 0;

  // Writes. `json` is a whole object without metadata.resourceVersion, as `storage::canonical` makes it.
  // For update and remove `expected` is the revision the object must be at.
  virtual void create(Key key, std::string json, std::function<void(WriteResult)> done) = 0;
  virtual void update(Key key, Revision expected, std::string json, std::function<void(WriteResult)> done) = 0;
  virtual void remove(Key key, Revision expected, std::function<void(WriteResult)> done) = 0;

  // The same as tasks, resumed on `loop`.
  base::Task<WriteResult> create(base::Executor& loop, Key key, std::string json);
  base::Task<WriteResult> update(base::Executor& loop, Key key, Revision expected, std::string json);
  base::Task<WriteResult> remove(base::Executor& loop, Key key, Revision expected);

  // True when the object would be stored in another form if it were written now, under a newer key
  // say: then a write that changes nothing is a write.
  virtual bool outdated(const ResourceId& id, const StoredObject& object) const {
    (void)id, (void)object;
    return false;
  }

  // True when other servers write to the same data: what is read from memory may be a little old.
  virtual bool shared() const { return false; }
  // Calls `done` once, on any thread or within the call, when reads show everything that was durable
  // anywhere when this was called; with the reason, one sentence, when that cannot be known. Many
  // that wait are confirmed together. Costs nothing where nobody else writes.
  virtual void confirm(std::function<void(std::string error)> done) { done({}); }
  // The same as a task, resumed on `loop`; gives the reason, empty when all is well.
  base::Task<std::string> confirm(base::Executor& loop);

  // Watches changes after revision `from` (exclusive) of one resource, in one namespace or all. `wake`
  // is posted to `loop` whenever events arrive and none was pending (several events, one wake). Null
  // with too_old or too_new when it cannot start there.
  virtual std::unique_ptr<Watch> watch(const ResourceId& id, const std::string& ns, Revision from,
                                       base::Executor& loop, std::function<void()> wake,
                                       ReadStatus& status) = 0;
};

}  // namespace limen::storage
