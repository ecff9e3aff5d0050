// Controller: one piece of housekeeping. See manager.h.
//
// Thread rule: everything on the loop's thread; construction and destruction while it does not run.
#pragma once

#include <string_view>

#include "base/task.h"

namespace limen::controllers {

class Controller {
 public:
  Controller() = default;
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;
  virtual ~Controller() = default;

  // One of names.h.
  virtual std::string_view name() const = 0;
  // Makes what a fresh server needs before it is ready. Called once, in the order of names.h;
  // throws StoreError, and is then called again later.
  virtual base::Task<void> bring_up() { co_return; }
  // Begins to watch; called once, before bring_up().
  virtual void start() {}
  // Looks at everything there is; called once everybody was brought up.
  virtual void look_at_all() {}
  // True when nothing is waiting to be looked at for the first time.
  virtual bool idle() const { return true; }
  // This server does the housekeeping from now on (lead.h): what one server alone writes is its to
  // write. Never called where no other servers are.
  virtual void take_over() {}
  // Lets go of its watches. Nothing of it runs any more.
  virtual void stop() {}
};

}  // namespace limen::controllers
