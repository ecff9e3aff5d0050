// Backend: where audit events go.
//
// take() is called on I/O loops and never blocks; what takes time is done on threads of the
// backend's own. Lifetime: outlives every request.
#pragma once

#include <functional>

#include "audit/event.h"

namespace limen::audit {

class Backend {
 public:
  virtual ~Backend() = default;
  // False when there is no room: the event is lost, and counted. Any thread.
  virtual bool take(Event event) = 0;
  // False while take() would refuse. Any thread.
  virtual bool has_room() const = 0;
  // Opens what it writes to again, because somebody else has moved it. Any thread.
  virtual void reopen() = 0;

  // True when a request waits until its first event has been stored, or could not be.
  virtual bool blocks() const { return false; }
  // take(), but the event is not only accepted: `told` hears once whether it was stored, perhaps
  // before the return, perhaps on another thread. Any thread.
  virtual void take_and_tell(Event event, std::function<void(bool stored)> told) {
    told(take(std::move(event)));
  }
};

}  // namespace limen::audit
