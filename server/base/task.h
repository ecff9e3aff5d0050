// Task<T>: a piece of a request that may have to wait, written as if it did not.
//
// A Task is a lazy C++20 coroutine: it starts when awaited and continues its awaiter when it ends.
// A request's tasks all run on the request's own I/O thread. A task that never waits costs one
// frame and no hand-over; what must wait (a disk, a webhook) is awaited through OneShot, which
// resumes the task on its executor. An exception leaves through co_await as through a call.
//
// A Task is owned by who awaits it and must not be destroyed while it waits.
#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/executor.h"

namespace limen::base {

template <class T>
class Task;

namespace detail {

struct PromiseBase {
  std::coroutine_handle<> continuation;
  std::exception_ptr error;

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      std::coroutine_handle<> next = self.promise().continuation;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    if (error) std::rethrow_exception(error);
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const {
    if (error) std::rethrow_exception(error);
  }
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().continuation = awaiting;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  Handle handle_;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

// The frame at the root of a detached task: it starts at once and frees itself.
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};
}  // namespace detail

// Starts `task` on the calling thread and lets it go. `done` runs when it ends, with the exception
// it ended by, or null; `done` must not throw.
inline void spawn(Task<void> task, std::function<void(std::exception_ptr)> done) {
  [](Task<void> work, std::function<void(std::exception_ptr)> then) -> detail::Detached {
    std::exception_ptr error;
    try {
      co_await work;
    } catch (...) {
      error = std::current_exception();
    }
    then(error);
  }(std::move(task), std::move(done));
}

// The bridge from a callback to a task: one value, set once from any thread, awaited once.
//
//   OneShot<int> answer(loop);
//   start([answer]() mutable { answer.set(42); });   // copies share the one value
//   int value = co_await answer;
//
// A value that is there already does not suspend; one that comes later resumes the task on the
// executor. set() after the first is ignored and returns false.
template <class T>
class OneShot {
 public:
  explicit OneShot(Executor& executor) : state_(std::make_shared<State>(executor)) {}

  bool set(T value) const {
    if (state_->claimed.exchange(true)) return false;
    state_->value.emplace(std::move(value));
    if (state_->stage.exchange(kReady) == kWaiting) {
      // The state keeps itself alive until the resumed task has read it.
      state_->executor.post([state = state_] { state->awaiting.resume(); });
    }
    return true;
  }

  bool await_ready() const noexcept { return state_->stage.load() == kReady; }
  bool await_suspend(std::coroutine_handle<> awaiting) const noexcept {
    state_->awaiting = awaiting;
    int expected = kEmpty;
    return state_->stage.compare_exchange_strong(expected, kWaiting);
  }
  T await_resume() const { return std::move(*state_->value); }

 private:
  static constexpr int kEmpty = 0;
  static constexpr int kWaiting = 1;
  static constexpr int kReady = 2;
  struct State {
    explicit State(Executor& where) : executor(where) {}
    Executor& executor;
    std::atomic<bool> claimed{false};
    std::atomic<int> stage{kEmpty};
    std::optional<T> value;
    std::coroutine_handle<> awaiting;
  };
  std::shared_ptr<State> state_;
};

}  // namespace limen::base
