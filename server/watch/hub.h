// Hub: tells the watchers of one resource that its log has grown.
//
// Watchers are grouped by the loop they live on. A change posts at most one function to each loop
// that has watchers, however many they are; on the loop the group finds out whom the new entries
// concern (everything, or one namespace) and wakes those, once each until they have taken what
// there is. Events themselves are never copied: a watcher reads them from the log.
// Thread rule: notify() from the writer; a Subscription is used and destroyed on its loop's thread,
// or once the loop has ended. Lifetime: a Subscription may outlive the hub.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "watch/log.h"

namespace limen::watch {

class Group;
struct Watcher;

// The newest revision readers may see, of the whole store; for bookmarks.
using Published = std::shared_ptr<const std::atomic<std::int64_t>>;

class Subscription {
 public:
  Subscription(std::shared_ptr<Group> group, std::shared_ptr<Watcher> watcher)
      : group_(std::move(group)), watcher_(std::move(watcher)) {}
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  ~Subscription();

  // The next events, at most `limit` (0: all). When `limit` were returned there may be more, for
  // which no further wake comes: take again.
  std::vector<EventPtr> take(std::size_t limit);
  // True when events this watcher had not taken were dropped from the log.
  bool lost() const;
  // The revision up to which this watcher has taken everything that concerns it.
  std::int64_t position() const;

 private:
  std::shared_ptr<Group> group_;
  std::shared_ptr<Watcher> watcher_;
};

class Hub {
 public:
  Hub(std::shared_ptr<const Log> log, Published published);

  // A watcher of the entries after `revision`, in `ns` or, when empty, everywhere. `wake` runs on
  // `loop`, for the first time when there is something to take. Null when entries after `revision`
  // were dropped already.
  std::unique_ptr<Subscription> subscribe(std::string_view ns, std::int64_t revision,
                                          base::Executor& loop, std::function<void()> wake);
  // The log has grown or was trimmed.
  void notify();
  std::size_t watchers() const;

 private:
  friend class Group;
  struct Groups;  // shared with subscriptions, so that the last one can take its group out
  std::shared_ptr<Groups> groups_;
  std::shared_ptr<const Log> log_;
  Published published_;
};

}  // namespace limen::watch
