// Informer: tells a controller of every object of one resource, and of every change.
//
// It keeps no copy: the store itself is in memory. (Of a shared store it knows what it has told of,
// so that it can tell what went while changes were missed.) A controller is told what may need its
// attention and reads the newest state when it gets to it. Thread rule: the loop's thread;
// destroyed there, or once the loop has ended.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/executor.h"
#include "storage/store.h"

namespace limen::controllers {

class Informer {
 public:
  // The newest state, or the last one of an object that has gone.
  using Changed = std::function<void(const storage::StoredObject& object, bool gone)>;

  // `ns`: of this namespace only; empty: of all.
  Informer(storage::Store& store, base::Executor& loop, storage::ResourceId id, Changed changed,
           std::string ns = {});

  // Tells of every object there is, inside the call, and then of every change.
  void start();
  void stop() {
    watch_.reset();
    told_.clear();
  }

 private:
  void take();
  void tell_all(const std::vector<storage::ObjectPtr>& objects);
  void tell(const storage::ObjectPtr& object, bool gone);

  storage::Store& store_;
  base::Executor& loop_;
  const storage::ResourceId id_;
  const Changed changed_;
  const std::string ns_;
  std::unique_ptr<storage::Watch> watch_;
  using Place = std::pair<std::string, std::string>;  // namespace, name
  std::map<Place, storage::ObjectPtr> told_;          // of a shared store
};

}  // namespace limen::controllers
