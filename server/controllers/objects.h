// Writing objects as a controller: prepared as the API would, stored with compare-and-swap.
//
// Thread rule: the loop's thread.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/task.h"
#include "object/document.h"
#include "storage/store.h"

namespace limen::controllers {

// The store did not take a write, for a reason that may pass.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The text under which a new object of the server's own is stored, with what the API fills in (uid,
// creationTimestamp, initial status ...; a status it has stays). Throws std::logic_error for a
// resource that is not served in the object's version, std::invalid_argument for an object that is
// none. Any thread.
std::string text_to_create(const storage::Key& key, object::Json object);

class Objects {
 public:
  Objects(storage::Store& store, base::Executor& loop) : store_(store), loop_(loop) {}

  storage::Store& store() const { return store_; }
  base::Executor& loop() const { return loop_; }

  // Stores text_to_create().
  // False when there is one of this name. Throws StoreError.
  base::Task<bool> create(storage::Key key, object::Json object);
  // The same of a text that is as it will be stored.
  base::Task<bool> create_text(storage::Key key, std::string text);
  // False when it is at another revision or gone. Throws StoreError.
  base::Task<bool> update(storage::Key key, storage::Revision expected, object::Json object);
  base::Task<bool> remove(storage::Key key, storage::Revision expected);

 private:
  storage::Store& store_;
  base::Executor& loop_;
};

}  // namespace limen::controllers
