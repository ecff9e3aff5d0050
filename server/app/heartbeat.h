// Heartbeat: a sign of life that stops when one of several loops does.
//
// Every loop beats by a timer of its own; the sign is given each time all of them have beaten since
// the last one. A loop that hangs in a handler does not come to its timer, so one of them is enough
// to end the signs, and whoever waits for them notices.
//
// Thread rule: the sign is given on the loops' threads, never two at a time. Lifetime: the
// constructor and the destructor are for one thread; when the destructor has returned no sign is
// given any more, and the loops may go before or after.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/executor.h"

namespace limen::app {

class Heartbeat {
 public:
  // Gives the first sign as soon as every loop has come to it, the next ones every `period`. A
  // period of zero, or no loops: never.
  Heartbeat(const std::vector<base::Executor*>& loops, std::chrono::microseconds period,
            std::function<void()> sign);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace limen::app
