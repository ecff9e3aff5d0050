#include "controllers/scope.h"

#include <exception>
#include <utility>

#include "observability/log.h"

namespace limen::controllers {

namespace {

void log_failure(std::string_view name, const std::exception_ptr& error) {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& problem) {
    log::error("a controller's task failed", {{"controller", name}, {"error", problem.what()}});
  }
}

}  // namespace

void Scope::spawn(std::string_view name, base::Task<void> task) {
  ++running_;
  base::spawn(std::move(task), [this, name](const std::exception_ptr& error) {
    log_failure(name, error);
    task_ended();
  });
}

void Scope::task_ended() {
  // Not within the task's own frame: what follows may free what the task belongs to.
  if (--running_ == 0 && done_) loop_.post(std::exchange(done_, nullptr));
}

base::Task<void> Scope::sleep(std::chrono::milliseconds time) {
  if (ending_) co_return;
  const auto over = std::make_shared<base::OneShot<bool>>(loop_);
  sleepers_.insert(over);
  const auto timer = loop_.post_at(base::SteadyClock::now() + time, [over] { over->set(true); });
  co_await *over;
  loop_.cancel_timer(timer);
  sleepers_.erase(over);
}

void Scope::end(std::function<void()> done) {
  loop_.post([this, done = std::move(done)]() mutable {
    ending_ = true;
    for (const auto& sleeper : sleepers_) sleeper->set(true);
    if (running_ == 0) return done();
    done_ = std::move(done);
  });
}

struct Group::State {
  explicit State(base::Executor& loop) : all_ended(loop) {}
  std::size_t running = 1;  // wait() itself
  std::exception_ptr error;
  base::OneShot<bool> all_ended;
};

Group::Group(base::Executor& loop) : state_(std::make_shared<State>(loop)) {}

void Group::add(base::Task<void> task) {
  ++state_->running;
  base::spawn(std::move(task), [state = state_](const std::exception_ptr& error) {
    if (error && !state->error) state->error = error;
    if (--state->running == 0) state->all_ended.set(true);
  });
}

base::Task<void> Group::wait() {
  const std::shared_ptr<State> state = state_;
  if (--state->running > 0) co_await state->all_ended;
  if (state->error) std::rethrow_exception(state->error);
}

}  // namespace limen::controllers
