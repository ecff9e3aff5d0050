// Call: one invocation of a plugin, and how to finish it later.
//
// A plugin's function gets a call by reference, works, and returns. To answer later, take
// `auto later = call.defer()`, keep it, return anything, and finish it from any thread with
// later.complete(...); a Deferred that is destroyed unfinished fails its call, so none is ever
// lost.
#pragma once

#include <chrono>
#include <exception>
#include <limits>
#include <string_view>
#include <utility>

#include "limen/cpp/host.hpp"
#include "limen/cpp/result.hpp"

namespace limen {

class Call {
 public:
  Call(const Host* host, limen_call* call) : host_(host), call_(call) {}

  limen_call* raw() const { return call_; }
  // On the scale of Clock::monotonic(). [any]
  std::chrono::nanoseconds deadline() const {
    return std::chrono::nanoseconds(host_->calls()->deadline_ns(call_));
  }
  // True after the deadline, when the client has gone, or when the server stops. [any]
  bool cancelled() const { return host_->calls()->cancelled(call_) != 0; }
  // Calls fn(arg) at most once when the call is cancelled, never after it is complete.
  Result<void> on_cancel(void (*fn)(void* arg), void* arg) {
    return detail::from_status(host_->calls()->on_cancel(call_, fn, arg),
                               "on_cancel was already given");
  }

 protected:
  const Host* host_;
  limen_call* call_;
};

// A call to be completed later. Move it; its calls' inputs stay valid until complete().
template <class Kind>
class Deferred {
 public:
  explicit Deferred(const Kind& call) : call_(call), open_(true) {}
  Deferred(Deferred&& other) noexcept
      : call_(other.call_), open_(std::exchange(other.open_, false)) {}
  Deferred& operator=(Deferred&& other) noexcept {
    if (this != &other) {
      abandon();
      call_ = other.call_;
      open_ = std::exchange(other.open_, false);
    }
    return *this;
  }
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;
  ~Deferred() { abandon(); }

  Kind* operator->() { return &call_; }
  Kind& operator*() { return call_; }

  // Ends the call with what was said through it, or with an error. Once; the Deferred is empty
  // then.
  void complete(const Result<void>& result = {}) {
    if (!std::exchange(open_, false)) return;
    call_.calls()->complete(call_.raw(), call_.status_of(result));
  }

 private:
  void abandon() noexcept {
    if (!open_) return;
    open_ = false;
    const limen_call_api* calls = call_.calls();
    calls->fail(call_.raw(), to_abi("the module gave the call up"));
    calls->complete(call_.raw(), LIMEN_E_INTERNAL);
  }
  Kind call_;
  bool open_;
};

namespace detail {

// What every kind of call shares; Kind adds its input and reply, and says how a success is told.
template <class Kind>
class CallOf : public Call {
 public:
  using Call::Call;
  Deferred<Kind> defer() {
    deferred_ = true;
    return Deferred<Kind>(static_cast<const Kind&>(*this));
  }
  bool is_deferred() const { return deferred_; }
  const limen_call_api* calls() const { return host_->calls(); }
  limen_status status_of(const Result<void>& result) const {
    if (result.ok()) return static_cast<const Kind&>(*this).success();
    calls()->fail(call_, to_abi(result.error().message));
    return result.error().status < 0 ? result.error().status : LIMEN_E_INTERNAL;
  }
  limen_status success() const { return LIMEN_OK; }

 private:
  bool deferred_ = false;
};

// The barrier round every entry into author's code: whatever is thrown becomes an error with its
// text.
template <class Body>
limen_status guard(const limen_call_api* calls, limen_call* call, Body&& body) noexcept {
  try {
    return static_cast<Body&&>(body)();
  } catch (const std::exception& error) {
    calls->fail(call, to_abi(error.what()));
  } catch (...) {
    calls->fail(call, to_abi("unknown exception"));
  }
  return LIMEN_E_INTERNAL;
}

// Runs one function of a plugin with its call, and finds the status to return. A deferred call
// belongs to its Deferred, whatever the function does afterwards, and may be complete already: it
// is not touched.
template <class Kind, class Body>
limen_status run(Kind& call, Body&& body) noexcept {
  const auto tell = [&](std::string_view text) {
    if (!call.is_deferred()) call.calls()->fail(call.raw(), to_abi(text));
  };
  limen_status status = LIMEN_E_INTERNAL;
  try {
    const Result<void> result = static_cast<Body&&>(body)();
    if (!call.is_deferred()) status = call.status_of(result);
  } catch (const std::exception& error) {
    tell(error.what());
  } catch (...) {
    tell("unknown exception");
  }
  return call.is_deferred() ? LIMEN_PENDING : status;
}

}  // namespace detail
}  // namespace limen
