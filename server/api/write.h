// The two ways an object gets into the store: created, or changed by a compare-and-swap loop.
//
// Verbs and subresources bring the new state; what every write shares (admission, validation,
// dry run, generated names, finalizers that complete a deletion, retries under contention) is here,
// once. Thread rule: the request's loop.
#pragma once

#include <string>
#include <string_view>

#include "api/call.h"
#include "api/write_options.h"
#include "base/task.h"
#include "object/document.h"
#include "registry/lifecycle.h"
#include "storage/store.h"

namespace limen::api {

// Creates `object`, which is in stored form with its namespace settled. Returns it as stored (or,
// in a dry run, as it would be). The owners of its fields are what an apply made of them
// (`options.apply`), or else the writer alone. Throws ApiError.
base::Task<storage::ObjectPtr> create_stored(Call& call, object::Json object,
                                             const WriteOptions& options);

// How the new state of an object follows from its current one.
class Change {
 public:
  virtual ~Change() = default;
  // `current` is in stored form, and so is the result, with defaults. Called again when another
  // write came between. Throws ApiError.
  virtual object::Json apply(Call& call, const object::Json& current) = 0;
  // True when the result says itself who owns its fields (managedFields).
  virtual bool settles_owners() const { return false; }
};

struct ModifyRules {
  registry::Part part = registry::Part::whole;
  bool admission = true;  // false: the caller has asked the chain about another object (scale)
};

// Changes the object `name`. Throws ApiError: 404 when it is not there, 409 when the new state
// names another resourceVersion or uid, and what admission and validation refuse. Returns it as
// stored, or its last state when the change completed a deletion.
base::Task<storage::ObjectPtr> modify(Call& call, std::string name, ModifyRules rules,
                                      const WriteOptions& options, Change& change);

// Waits until the modules that go by stored objects have been told of `revision`, so that a change
// of rights is in force for whoever asks after its acknowledgement. A module that takes longer than
// a second is not waited for.
base::Task<void> until_seen(Call& call, storage::Revision revision);

// Throws what a write that was not stored is answered with.
[[noreturn]] void refuse_write(const Call& call, std::string_view name,
                               const storage::WriteResult& result);

// Throws 504 once the request's time is up or its client has gone: ends a loop of retries.
void check_deadline(const Call& call);

}  // namespace limen::api
