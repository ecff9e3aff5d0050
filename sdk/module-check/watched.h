// WatchedHost and WatchedCall: the testkit's fake host with somebody looking over its shoulder.
//
// Every table a module gets checks what the ABI's policy asks for, and passes the call on: text is
// UTF-8, services are used between start() and destroy() only, a call is completed once and not
// touched afterwards, what is for start() happens in start(). Writes are counted and not done, logs
// and metrics are judged and not kept, so that the host's own memory stands still. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "limen/testkit/fake_host.hpp"

namespace limen::module_check {

// Memory for the inputs of one call. Guarded: what is borrowed after the call faults on its pages.
class Arena {
 public:
  explicit Arena(bool guarded);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  limen_str text(std::string_view value);
  template <class T>
  const T* list(const std::vector<T>& items) {
    if (items.empty()) return nullptr;
    void* at = take(items.size() * sizeof(T));
    std::copy(items.begin(), items.end(), static_cast<T*>(at));
    return static_cast<const T*>(at);
  }
  template <class T>
  T* make() {
    return new (take(sizeof(T))) T{};
  }
  // The call is over.
  void retire();
  static bool is_retired(const void* address);

 private:
  void* take(std::size_t bytes);
  const bool guarded_;
  char* start_ = nullptr;
  std::size_t used_ = 0;
};

struct WatchedCall : testkit::CallState {
  WatchedCall(const char* function, bool guarded) : arena(guarded), name(function) {}
  static WatchedCall& of(const limen_call* call) {
    return *static_cast<WatchedCall*>(&CallState::of(const_cast<limen_call*>(call)));
  }
  Arena arena;
  const char* const name;  // "authorize()"
  std::atomic<bool> ended{false};
};

extern const limen_authn_reply kWatchedAuthn;
extern const limen_authz_reply kWatchedAuthz;
extern const limen_rules_reply kWatchedRules;
extern const limen_token_reply kWatchedToken;
extern const limen_document_reply kWatchedDocument;
extern const limen_admission_reply kWatchedAdmit, kWatchedValidate;

class WatchedHost {
 public:
  enum class Phase { created, starting, running, destroyed };

  explicit WatchedHost(testkit::Json config);
  const limen_host* raw() const { return &host_; }
  testkit::FakeHost& fake() { return fake_; }
  void enter(Phase phase) { phase_ = phase; }
  // Writes the module asked for: labels, statuses, new objects.
  std::size_t writes() const { return writes_; }

  // The host behind `host`, after a look whether it may be used now; `what` is "limen.log/1".
  static WatchedHost& use(const limen_host* host, const char* what);
  static WatchedHost& use_in_start(const limen_host* host, const char* what);
  void count_write() { ++writes_; }

 private:
  testkit::FakeHost fake_;
  limen_host host_{};
  std::atomic<Phase> phase_{Phase::created};
  std::atomic<std::size_t> writes_{0};
};

}  // namespace limen::module_check
