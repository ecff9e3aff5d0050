#include "modules/control_thread.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace limen::modules {

// Shared with the thread, which may outlive the ControlThread when it hangs.
struct ControlThread::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::function<void()> work;
  bool busy = false;
  bool stopping = false;
  std::thread thread;

  static void run(const std::shared_ptr<State>& state) {
    std::unique_lock lock(state->mutex);
    for (;;) {
      state->changed.wait(lock, [&] { return state->work != nullptr || state->stopping; });
      if (state->work == nullptr) return;
      std::function<void()> work = std::move(state->work);
      state->work = nullptr;
      lock.unlock();
      work();
      work = nullptr;
      lock.lock();
      state->busy = false;
      state->changed.notify_all();
    }
  }
};

ControlThread::ControlThread() = default;

ControlThread::~ControlThread() {
  if (state_ == nullptr) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->changed.notify_all();
  }
  state_->thread.join();
}

bool ControlThread::run(std::function<void()> work, base::Deadline deadline) {
  if (state_ == nullptr) {
    state_ = std::make_shared<State>();
    state_->thread = std::thread([state = state_] { State::run(state); });
    pthread_setname_np(state_->thread.native_handle(), "limen-control");
  }
  std::unique_lock lock(state_->mutex);
  state_->work = std::move(work);
  state_->busy = true;
  state_->changed.notify_all();
  if (state_->changed.wait_until(lock, deadline, [this] { return !state_->busy; })) return true;
  // It hangs. Should it come back, it finds `stopping` and ends.
  state_->stopping = true;
  lock.unlock();
  state_->thread.detach();
  state_.reset();
  return false;
}

}  // namespace limen::modules
