// Crew: controllers that begin and end together, with a scope of their own.
//
// One that has ended begins no more; another takes its place. Thread rule: the loop's thread, but
// construction and add(), which may come before the loop has anything to do. Destroyed once it has
// ended, or once the loop has.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/executor.h"
#include "base/task.h"
#include "controllers/controller.h"
#include "controllers/scope.h"

namespace limen::controllers {

class Crew {
 public:
  explicit Crew(base::Executor& loop) : scope_(loop) {}

  Scope& scope() { return scope_; }
  void add(std::unique_ptr<Controller> controller) { all_.push_back(std::move(controller)); }

  // Starts them, brings them up and lets them look at everything. `up` is called once what they
  // have to do first is done; not when the crew ends before.
  void start(std::function<void()> up);
  // See Controller::take_over().
  void take_over();
  // `done` is called once nothing of it runs or will be called any more: it may destroy the crew.
  void end(std::function<void()> done);

 private:
  base::Task<void> bring_up(std::function<void()> up);
  base::Task<void> bring_up_one(Controller& controller);
  bool idle() const;

  Scope scope_;
  std::vector<std::unique_ptr<Controller>> all_;
};

}  // namespace limen::controllers
