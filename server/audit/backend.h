// Backend: where audit events go.
//
// take() is called on I/O loops and never blocks; what takes time is done on threads of the
// backend's own. Lifetime: outlives every request.
#pragma once

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
};

}  // namespace limen::audit
