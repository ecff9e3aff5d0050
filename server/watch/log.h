// Log: what has happened to the objects of one resource, in revision order, for as long as it is
// kept.
//
// One writer appends; watchers hold a position (a sequence number) instead of a queue of their own,
// so an event costs the same memory for one watcher as for five thousand. The oldest entries are
// dropped by revision (compaction) or when the log pins more than its limit of bytes; a reader that
// still needed them is told so. Thread rule: any thread; append() from one at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string_view>
#include <vector>

namespace limen::storage {
struct Event;  // what the log carries; never looked into here
}

namespace limen::watch {

using Sequence = std::uint64_t;
using EventPtr = std::shared_ptr<const storage::Event>;

struct Entry {
  std::int64_t revision = 0;
  std::string_view ns;  // borrowed from the event
  EventPtr event;
  std::size_t bytes = 0;  // what keeping the entry costs beyond the live objects
};

class Log {
 public:
  explicit Log(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Adds an entry newer than all others. Drops the oldest ones while the log pins more than its
  // limit; the newest one always stays.
  void append(Entry entry);
  // Drops everything up to and including `revision`.
  void trim(std::int64_t revision);
  // Drops everything, and something unknown after it up to `revision`: whoever read so far has
  // missed something.
  void cut(std::int64_t revision);

  // The sequence of the first entry kept and the one the next entry will have.
  Sequence first() const;
  Sequence end() const;
  // The revision of the newest entry dropped: reading may begin there, not before it.
  std::int64_t trimmed() const;
  std::size_t bytes() const;

  // The sequence of the first entry after `revision`; nothing when such entries were dropped.
  std::optional<Sequence> after(std::int64_t revision) const;

  // Appends to `out` the events from `from` on that are in `ns` (empty: all), at most `limit` (0:
  // all). Returns the sequence to go on from, and the revision of the last one read in `last`
  // when there was one. Nothing when entries at `from` were dropped.
  std::optional<Sequence> read(Sequence from, std::string_view ns, std::size_t limit,
                               std::vector<EventPtr>& out, std::int64_t& last) const;

  // Calls `visit` for each entry from `from` (or the oldest kept) on, under the log's lock: it must
  // be quick and not call back. Returns the end.
  Sequence visit(Sequence from, const std::function<void(Sequence, const Entry&)>& visitor) const;

 private:
  void drop_first();

  const std::size_t max_bytes_;
  mutable std::shared_mutex mutex_;
  std::deque<Entry> entries_;
  Sequence first_ = 0;
  std::int64_t trimmed_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace limen::watch
