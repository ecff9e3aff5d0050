// Driver: where objects are durable. The store keeps everything in memory; a driver only remembers.
//
// A driver is an ordered log of changes to keys with compare-and-swap: each change of a key gets
// the next revision. It can tell the state at the revision it was last compacted to and every
// change since. It knows nothing of objects: keys and values are bytes (see key.h,
// object/canonical.h). Some drivers share their data with other servers; all changes, those of this
// server too, come from them through the listener, in one order. Thread rule: open(), load() and
// watch() first, then commit(), confirm(), compact() and advance(), one call at a time from the
// store's writer, then close(). The next commit() comes after the last one's `done`.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.h"

namespace limen::storage {

// The data cannot be read or are not ours. what() is one sentence for the operator; it names the
// place (a path, an address).
class DriverError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct DriverState {
  Revision revision = 1;             // of the newest change; 1 when there never was one
  Revision compacted = 0;            // changes up to this one have been forgotten
  std::string prefix = "/registry";  // what keys begin with in the data; see storage/translation.h
};

// A key as it became at `revision`. Views live during the call they are given to.
struct DriverChange {
  std::string_view key;
  std::string_view value;  // empty when removed
  Revision revision = 0;
  Revision created = 0;  // the revision the key was created at; 0 where a removal is only told
  bool removed = false;
  std::uint32_t form = 0;  // how the value was written, when a layer knows; see StoredObject
  // What the key was before could not be read. Only a translated driver's load() tells it.
  bool gap = false;
};

struct DriverOp {
  std::string_view key;
  std::string_view value;  // ignored when `remove`
  Revision expected = 0;   // the revision the key must be at; 0: it must not exist
  bool remove = false;
  std::chrono::seconds ttl{0};  // after which the key may go by itself; 0: it stays
  std::uint32_t form = 0;       // as a layer wrote the value; nothing to a driver
};

// What came of one op: its revision, or 0 when the key was not at the expected one (nothing was
// done then), or kUnknownOutcome.
using OpRevision = Revision;
// The op failed, and whether it was done is not known.
inline constexpr OpRevision kUnknownOutcome = -1;

struct CommitResult {
  bool stored = false;                // false: nothing of the batch was stored
  std::string error;                  // why not, or why an outcome is unknown
  std::vector<OpRevision> revisions;  // one an op
  // One an op, of a translated driver: how the value was written; empty: all are 0.
  std::vector<std::uint32_t> forms;
};

// Who is told what happens to data that are shared. One call at a time, from any thread; must be
// quick and must not throw.
class DriverListener {
 public:
  virtual ~DriverListener() = default;
  // A change, by whomever, in revision order. Several keys may share a revision where another
  // program wrote them in one transaction.
  virtual void changed(const DriverChange& change) = 0;
  // Changes were missed: they had been forgotten before they could be told. What changed() tells
  // until resynced() are all keys that there are at `revision`, in any order.
  virtual void resync(Revision revision) = 0;
  virtual void resynced() = 0;
  // Nothing can be read or written for now, for this reason; empty: it can again.
  virtual void trouble(std::string_view reason) = 0;
};

class Driver {
 public:
  virtual ~Driver() = default;

  // Where the data stand. Throws DriverError. Once, before anything else.
  virtual DriverState open() = 0;

  // Gives every key as it was at the revision last compacted to, in any order, then every change
  // since then up to the revision that open() gave, in revision order. Throws DriverError, and lets
  // through what `each` throws. Once.
  virtual void load(const std::function<void(const DriverChange&)>& each) = 0;

  // Other servers may write too: changes come through watch(), and memory has to be confirmed.
  // Known before open().
  virtual bool shared() const { return false; }

  // Does the ops; those of one key in order, each seeing what those before it did. `done` is called
  // exactly once, in this call or later from any thread; `ops` must live until then. Alone on its
  // data, a driver does them as one durable transaction in order, and revisions grow by one a
  // change. One that shares them may do ops of different keys in any order; before it calls `done`
  // it has told the listener of every change up to the newest that an op made or was refused for.
  virtual void commit(std::span<const DriverOp> ops,
                      std::function<void(CommitResult)> done) noexcept = 0;

  // Forgets changes up to `revision`, at most `limit` of them at once so that commits do not wait
  // long. Returns the revision reached. Throws DriverError.
  virtual Revision compact(Revision revision, std::size_t limit) = 0;

  // Tells `listener`, which outlives the driver, of every change after the revision that open()
  // gave. Once, after load(). A driver alone on its data tells nothing.
  virtual void watch(DriverListener& listener) { (void)listener; }

  // Calls `done` exactly once, in this call or later from any thread: with an empty text when the
  // listener has been told of every change that was durable when this was called, else with why
  // that is not known.
  virtual void confirm(std::function<void(std::string error)> done) noexcept { done({}); }

  // Has the next change get a revision greater than `revision`. Throws DriverError, also when the
  // driver cannot.
  virtual void advance(Revision revision) {
    throw DriverError("this storage module cannot go on from revision " + std::to_string(revision));
  }

  // Lets go of everything; what was acknowledged is durable anyway. Nothing is called afterwards.
  virtual void close() noexcept = 0;
};

}  // namespace limen::storage
