// Driver: where objects are durable. The store keeps everything in memory; a driver only remembers.
//
// A driver is an ordered log of changes to keys with compare-and-swap: each change of a key gets
// the next revision. It can tell the state at the revision it was last compacted to and every
// change since. It knows nothing of objects: keys and values are bytes (see key.h,
// object/canonical.h). Thread rule: open(), load() and watch() first, then commit() and compact()
// one at a time from the store's writer, then close(). The next commit() comes after the last one's
// `done`.
#pragma once

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
  Revision revision = 1;   // of the newest change; 1 when there never was one
  Revision compacted = 0;  // changes up to this one have been forgotten
};

// A key as it became at `revision`. Views live during the call they are given to.
struct DriverChange {
  std::string_view key;
  std::string_view value;  // empty when removed
  Revision revision = 0;
  Revision created = 0;  // the revision the key was created at
  bool removed = false;
};

struct DriverOp {
  std::string_view key;
  std::string_view value;  // ignored when `remove`
  Revision expected = 0;   // the revision the key must be at; 0: it must not exist
  bool remove = false;
};

// What came of one op: its revision, or 0 when the key was not at the expected one (nothing was
// done then).
using OpRevision = Revision;

struct CommitResult {
  bool stored = false;                // false: nothing of the batch was stored
  std::string error;                  // why not
  std::vector<OpRevision> revisions;  // one an op
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

  // Does the ops in order, as one durable transaction; an op sees what those before it did. `done`
  // is called exactly once, in this call or later from any thread; `ops` must live until then.
  // Revisions grow by one a change. A driver that shares its data with other servers has told of
  // every change with a lower revision before it calls `done`.
  virtual void commit(std::span<const DriverOp> ops,
                      std::function<void(CommitResult)> done) noexcept = 0;

  // Forgets changes up to `revision`, at most `limit` of them at once so that commits do not wait
  // long. Returns the revision reached. Throws DriverError.
  virtual Revision compact(Revision revision, std::size_t limit) = 0;

  // Has `changed` called for every change that others make from the state that open() gave on, in
  // revision order, one call at a time. Once, after load(). A driver alone on its data does
  // nothing.
  virtual void watch(std::function<void(const DriverChange&)> changed) { (void)changed; }

  // Lets go of everything; what was acknowledged is durable anyway. Nothing is called afterwards.
  virtual void close() noexcept = 0;
};

}  // namespace limen::storage
