// ControlThread: where a module's control functions run, one after another.
//
// init, create, start, stop and destroy are a module's own code and may hang. They run here, and
// the caller waits only so long; a thread that does not come back is given up and replaced. One
// caller at a time.
#pragma once

#include <functional>
#include <memory>

#include "base/executor.h"

namespace limen::modules {

class ControlThread {
 public:
  ControlThread();
  ControlThread(const ControlThread&) = delete;
  ControlThread& operator=(const ControlThread&) = delete;
  ~ControlThread();

  // Runs `work` and waits for its end. False when it has not ended at `deadline`; it may still be
  // running and must own what it uses. `work` must not throw.
  bool run(std::function<void()> work, base::Deadline deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;  // of the present thread; null: none yet
};

}  // namespace limen::modules
