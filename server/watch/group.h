// Group: the watchers of one resource that live on one loop. See hub.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/executor.h"
#include "watch/hub.h"
#include "watch/log.h"

namespace limen::watch {

// One watcher; guarded by its group's mutex, the last three members by its loop's thread.
struct Watcher {
  std::string ns;             // empty: all namespaces
  Sequence next = 0;          // the first entry it may still need
  std::int64_t position = 0;  // revision of the last entry taken, or where it began
  bool pending = false;       // it was woken and has not taken everything since
  bool lost = false;
  std::size_t index = 0;  // in its list
  bool alive = true;
  bool waking = false;  // `wake` is running and must not be freed under itself
  std::function<void()> wake;
};

struct Hub::Groups {
  std::mutex mutex;
  std::vector<std::shared_ptr<Group>> list;
};

class Group : public std::enable_shared_from_this<Group> {
 public:
  Group(std::shared_ptr<const Log> log, Published published, base::Executor& loop,
        std::weak_ptr<Hub::Groups> hub);

  base::Executor& loop() const { return loop_; }
  std::shared_ptr<Watcher> add(std::string_view ns, Sequence next, std::int64_t revision,
                               std::function<void()> wake);
  void remove(Watcher& watcher);
  std::size_t size() const;

  std::vector<EventPtr> take(Watcher& watcher, std::size_t limit);
  bool lost(const Watcher& watcher) const;
  std::int64_t position(Watcher& watcher);

  // Has dispatch() run on the loop; once for any number of calls until it runs.
  void post();

 private:
  using List = std::vector<std::shared_ptr<Watcher>>;
  void dispatch();
  // Finds who is concerned by what is new. Under the mutex.
  void mark_new(List& ready);
  // The same for a watcher that begins before what the group has told of. Under the mutex.
  void mark_past(const std::shared_ptr<Watcher>& watcher);
  static void mark_all(List& list, Sequence end, List& ready);
  static void mark(const std::shared_ptr<Watcher>& watcher, Sequence at, List& ready);

  const std::shared_ptr<const Log> log_;
  const Published published_;
  base::Executor& loop_;
  const std::weak_ptr<Hub::Groups> hub_;
  std::atomic<bool> posted_{false};

  mutable std::mutex mutex_;
  Sequence dispatched_;  // entries before this one have been told of
  List everywhere_;
  List overdue_;  // marked, to be woken by the next dispatch
  std::unordered_map<std::string, List> by_ns_;
  std::size_t count_ = 0;
};

}  // namespace limen::watch
