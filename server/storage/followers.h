// Followers: those whose view of stored objects decides about later requests.
//
// A write is acknowledged when they have seen it, so that whoever changed a role finds the change
// in force with the next request. Any thread.
#pragma once

#include <functional>

#include "storage/store.h"

namespace limen::storage {

class Followers {
 public:
  virtual ~Followers() = default;
  // True when everybody who follows the resource `id` has been told of everything up to `revision`,
  // or nobody follows it. Otherwise `told` runs once they have, on any thread; it must be quick and
  // must not throw. One that hangs is never done: set a limit to the waiting.
  virtual bool seen(const ResourceId& id, Revision revision, std::function<void()> told) const = 0;
  // Runs `told`, on any thread or within the call, once everybody has been told of every write that
  // was acknowledged before the call. The rest is as above.
  virtual void catch_up(std::function<void()> told) const = 0;
};

}  // namespace limen::storage
