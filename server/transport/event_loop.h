// One I/O thread: epoll, timers and posted work, turn by turn.
//
// A turn handles the sockets that are ready, then what was posted, then the timers that are due,
// and at last the flushers: handlers that asked to see the end of the turn, so that what several
// steps wrote leaves in one system call.
//
// Thread rule: run() makes the calling thread the loop's own; post, post_at, cancel_timer, stop and
// is_current are for any thread, the rest for the loop's own (or before run). Lifetime: handlers
// are removed before they are destroyed; one that is removed during a turn is told nothing more of
// it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "transport/timer_queue.h"

namespace limen::transport {

// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }
  int get() const { return fd_; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

class EventLoop;

class EventHandler {
 public:
  virtual ~EventHandler() = default;
  // `events` are epoll's bits.
  virtual void on_events(std::uint32_t events) = 0;
  // The end of a turn in which flush_later was called for this handler.
  virtual void on_turn_end() = 0;
};

// A way to post to a loop that may be gone by then. Any thread; a copy may outlive the loop.
class LoopDoor {
 public:
  // False when the loop is gone; `work` is then dropped.
  bool post(std::function<void()> work) const;
  bool is_open() const;

 private:
  friend class EventLoop;
  struct State {
    std::mutex mutex;
    EventLoop* loop = nullptr;  // guarded by mutex
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class EventLoop final : public base::Executor {
 public:
  // Throws std::runtime_error when the system gives no descriptors.
  EventLoop();
  ~EventLoop() override;

  void post(std::function<void()> work) override;
  TimerId post_at(base::Deadline when, std::function<void()> work) override;
  void cancel_timer(TimerId timer) override;
  bool is_current() const override;
  LoopDoor door() const { return door_; }

  // Serves until stop(). What was posted before stop() still runs.
  void run();
  void stop();

  // Watches a descriptor; `handler` lives until forget(). False when the system refuses.
  bool watch(int fd, std::uint32_t events, EventHandler* handler);
  void change(int fd, std::uint32_t events, EventHandler* handler);
  void forget(int fd);

  // Calls handler->on_turn_end() at the end of this turn; asked from there, at the end of the next.
  void flush_later(EventHandler* handler) { flushers_.push_back(handler); }
  // Destroys the handler once nothing of this turn can reach it any more.
  void dispose(std::unique_ptr<EventHandler> handler);

  // The time at which this turn began to run.
  base::Deadline now() const { return now_; }

 private:
  void handle_ready();
  void run_posted();
  void run_timers();
  void run_flushers();
  int sleep_milliseconds() const;
  void wake();
  void clear_wake();

  LoopDoor door_;
  Descriptor epoll_;
  Descriptor wake_fd_;
  TimerQueue timers_;
  base::Deadline now_;
  std::atomic<std::thread::id> thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> wake_sent_{false};

  mutable std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
  std::vector<std::function<void()>> running_;

  std::vector<EventHandler*> flushers_;
  std::vector<EventHandler*> flushing_;
  std::vector<std::unique_ptr<EventHandler>> disposed_;
};

}  // namespace limen::transport
