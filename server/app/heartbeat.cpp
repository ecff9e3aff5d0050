#include "app/heartbeat.h"

#include <mutex>
#include <utility>

namespace limen::app {

struct Heartbeat::State : std::enable_shared_from_this<State> {
  // On the loop's own thread.
  void beat(base::Executor& loop, std::size_t index) {
    {
      const std::lock_guard lock(mutex);
      if (over) return;
      if (!beaten[index]) {
        beaten[index] = true;
        if (--missing == 0) begin_again();
      }
    }
    loop.post_at(base::SteadyClock::now() + period,
                 [self = shared_from_this(), &loop, index] { self->beat(loop, index); });
  }

  // Under the mutex, which keeps signs apart and lets the destructor wait for one.
  void begin_again() {
    missing = beaten.size();
    beaten.assign(beaten.size(), false);
    sign();
  }

  std::mutex mutex;
  std::chrono::microseconds period{0};
  std::function<void()> sign;
  std::vector<bool> beaten;
  std::size_t missing = 0;
  bool over = false;
};

Heartbeat::Heartbeat(const std::vector<base::Executor*>& loops, std::chrono::microseconds period,
                     std::function<void()> sign)
    : state_(std::make_shared<State>()) {
  if (period <= std::chrono::microseconds(0)) return;
  state_->period = period;
  state_->sign = std::move(sign);
  state_->beaten.assign(loops.size(), false);
  state_->missing = loops.size();
  for (std::size_t index = 0; index < loops.size(); ++index) {
    base::Executor& loop = *loops[index];
    loop.post([state = state_, &loop, index] { state->beat(loop, index); });
  }
}

Heartbeat::~Heartbeat() {
  const std::lock_guard lock(state_->mutex);
  state_->over = true;
}

}  // namespace limen::app
