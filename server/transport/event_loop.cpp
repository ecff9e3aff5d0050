#include "transport/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace limen::transport {
namespace {

constexpr std::size_t kEventsATurn = 256;
constexpr std::size_t kTimersATurn = 1024;

Descriptor need_descriptor(int fd, const char* what) {
  if (fd < 0) {
    throw std::runtime_error(std::string("cannot make ") + what + ": " +
                             std::generic_category().message(errno));
  }
  return Descriptor(fd);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() { return std::exchange(fd_, -1); }

void Descriptor::reset() {
  if (fd_ >= 0) ::close(release());
}

EventLoop::EventLoop()
    : epoll_(need_descriptor(::epoll_create1(EPOLL_CLOEXEC), "an epoll instance")),
      wake_fd_(need_descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "an event descriptor")),
      now_(base::SteadyClock::now()) {
  door_.state_->loop = this;
  // The null handler stands for the wake descriptor.
  if (!watch(wake_fd_.get(), EPOLLIN, nullptr)) {
    throw std::runtime_error("cannot watch an event descriptor: " +
                             std::generic_category().message(errno));
  }
}

EventLoop::~EventLoop() {
  const std::lock_guard lock(door_.state_->mutex);
  door_.state_->loop = nullptr;
}

bool LoopDoor::is_open() const {
  const std::lock_guard lock(state_->mutex);
  return state_->loop != nullptr;
}

bool LoopDoor::post(std::function<void()> work) const {
  const std::lock_guard lock(state_->mutex);
  if (state_->loop == nullptr) return false;
  state_->loop->post(std::move(work));
  return true;
}

void EventLoop::post(std::function<void()> work) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  if (!is_current()) wake();
}

EventLoop::TimerId EventLoop::post_at(base::Deadline when, std::function<void()> work) {
  const TimerQueue::Added added = timers_.add(when, std::move(work));
  if (added.is_earliest && !is_current()) wake();
  return added.id;
}

void EventLoop::cancel_timer(TimerId timer) { timers_.cancel(timer); }

bool EventLoop::is_current() const { return thread_.load() == std::this_thread::get_id(); }

void EventLoop::stop() {
  stopping_ = true;
  wake();
}

// One write wakes the loop however many threads ask at once.
void EventLoop::wake() {
  if (wake_sent_.exchange(true)) return;
  const std::uint64_t one = 1;
  // It fails only when the counter is full, and then the loop wakes anyway.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_.get(), &one, sizeof one);
}

void EventLoop::clear_wake() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_fd_.get(), &count, sizeof count);
  // After the read: a wake that comes between is a write the next turn sees, never a lost one.
  wake_sent_ = false;
}

bool EventLoop::watch(int fd, std::uint32_t events, EventHandler* handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = handler;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void EventLoop::change(int fd, std::uint32_t events, EventHandler* handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = handler;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::forget(int fd) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void EventLoop::dispose(std::unique_ptr<EventHandler> handler) {
  std::replace(flushers_.begin(), flushers_.end(), handler.get(),
               static_cast<EventHandler*>(nullptr));
  std::replace(flushing_.begin(), flushing_.end(), handler.get(),
               static_cast<EventHandler*>(nullptr));
  disposed_.push_back(std::move(handler));
}

void EventLoop::run() {
  thread_ = std::this_thread::get_id();
  while (!stopping_) {
    handle_ready();
    run_posted();
    run_timers();
    run_flushers();
    disposed_.clear();
  }
  run_posted();
  run_flushers();
  disposed_.clear();
  thread_ = std::thread::id();
}

void EventLoop::handle_ready() {
  std::array<epoll_event, kEventsATurn> events;
  const int ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 sleep_milliseconds());
  now_ = base::SteadyClock::now();
  for (int index = 0; index < ready; ++index) {
    const epoll_event& event = events[static_cast<std::size_t>(index)];
    auto* handler = static_cast<EventHandler*>(event.data.ptr);
    if (handler == nullptr) {
      clear_wake();
      continue;
    }
    const bool gone = std::any_of(disposed_.begin(), disposed_.end(),
                                  [handler](const auto& dead) { return dead.get() == handler; });
    if (!gone) handler->on_events(event.events);
  }
}

// Work that posts more work gets its turn after the sockets had theirs.
void EventLoop::run_posted() {
  {
    const std::lock_guard lock(posted_mutex_);
    running_.swap(posted_);
  }
  for (std::function<void()>& work : running_) {
    work();
    work = nullptr;
  }
  running_.clear();
}

// Bounded, so that a timer that sets itself again at once cannot keep the sockets waiting.
void EventLoop::run_timers() {
  for (std::size_t left = kTimersATurn; left > 0; --left) {
    const std::function<void()> work = timers_.take_due(now_);
    if (!work) return;
    work();
  }
}

// One pass: a handler that asks again is served at the end of the next turn, after the others.
void EventLoop::run_flushers() {
  flushing_.swap(flushers_);
  for (std::size_t index = 0; index < flushing_.size(); ++index) {
    if (EventHandler* handler = flushing_[index]; handler != nullptr) handler->on_turn_end();
  }
  flushing_.clear();
}

int EventLoop::sleep_milliseconds() const {
  {
    const std::lock_guard lock(posted_mutex_);
    if (!posted_.empty()) return 0;
  }
  if (stopping_ || !flushers_.empty()) return 0;
  const std::optional<base::Deadline> next = timers_.next();
  if (!next) return -1;
  const base::Deadline now = base::SteadyClock::now();
  if (*next <= now) return 0;
  constexpr std::chrono::milliseconds kLongest{60'000};
  // Rounded up: waking before the deadline would only spin.
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - now);
  return static_cast<int>(std::min(wait, kLongest).count());
}

}  // namespace limen::transport
