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

class Objects {
 public:
  Objects(storage::Store& store, base::Executor& loop) : store_(store), loop_(loop) {}

  storage::Store& store() const { return store_; }
  base::Executor& loop() const { return loop_; }

  // Fills in what the API fills in (uid, creationTimestamp, initial status ...) and stores it. A
  // status it has already stays.
  // False when there is one of this name. Throws StoreError.
  base::Task<bool> create(storage::Key key, object::Json object);
  // False when it is at another revision or gone. Throws StoreError.
  base::Task<bool> update(storage::Key key, storage::Revision expected, object::Json object);
  base::Task<bool> remove(storage::Key key, storage::Revision expected);

 private:
  storage::Store& store_;
  base::Executor& loop_;
};

}  // namespace limen::controllers
