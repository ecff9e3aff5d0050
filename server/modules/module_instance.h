// ModuleInstance: one plugin made from one entry of the configuration, and the guard round its
// calls.
//
// It passes the last gates (config, start), keeps the plugin's host services, counts its open
// calls, and answers for it when it does not: a call that is not complete at its deadline becomes
// an orphan, and one that hangs too much is not called any more (CallGate). Thread rule: start
// and retire on the control caller's thread; the rest from any thread. Lifetime: shared; retire()
// before the last reference goes.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "base/task.h"
#include "base/worker_pool.h"
#include "modules/call.h"
#include "modules/call_gate.h"
#include "modules/control_thread.h"
#include "modules/generation.h"
#include "modules/host_scope.h"
#include "modules/loader.h"
#include "modules/module_spec.h"
#include "request/call_scope.h"

namespace limen::modules {

// How a call ended, as metrics count it.
enum class Outcome : std::uint8_t { yes, no, no_opinion, error, deadline, refused };

// When a call began and ended; read once each, since reading the clock is a good part of a call.
struct CallTime {
  base::Deadline began, ended;
  bool counted = true;  // false: a call that only explains, which metrics do not show
};

// A call that is given back when it goes out of scope, unless it became an orphan.
class CallLease {
 public:
  explicit CallLease(Call* call) : call_(call) {}
  // None, and why; the text lives as long as the instance.
  explicit CallLease(std::string_view refusal) : call_(nullptr), refusal_(refusal) {}
  CallLease(CallLease&& other) noexcept
      : call_(std::exchange(other.call_, nullptr)), refusal_(other.refusal_) {}
  CallLease& operator=(CallLease&&) = delete;
  ~CallLease() {
    if (call_ != nullptr) CallTable::get().release(*call_);
  }
  explicit operator bool() const { return call_ != nullptr; }
  // Why there is no call.
  std::string refusal() const { return std::string(refusal_); }
  Call& operator*() const { return *call_; }
  Call* operator->() const { return call_; }
  // The call is the module's from now on.
  void orphaned() { call_ = nullptr; }

 private:
  Call* call_;
  std::string_view refusal_;
};

class ModuleInstance : public std::enable_shared_from_this<ModuleInstance> {
 public:
  static constexpr std::size_t kMaxOrphans = CallGate::kMaxHanging;
  // Calls that may wait for a worker of an instance that may block.
  static constexpr std::size_t kMaxQueuedCalls = 1024;

  struct Setup {
    Kind kind;
    ModuleSpec spec;
    LoadedModulePtr module;
    const DescriptorInfo* descriptor;  // of `module`
    object::Document config;           // checked, with defaults
    const ObjectSource* objects;
    std::string server_version;
    std::size_t workers;
    std::function<void()> rights_changed;  // an authorizer's word; may be null
    std::uint64_t generation = 0;          // the first it serves in
  };
  explicit ModuleInstance(Setup setup);
  ModuleInstance(const ModuleInstance&) = delete;
  ModuleInstance& operator=(const ModuleInstance&) = delete;
  ~ModuleInstance();

  // Gate 5: the config of `spec` checked by the descriptor's schema and the module's own judgement,
  // with defaults filled in. Throws LoadError that names every finding.
  static object::Document check_config(Kind kind, const ModuleSpec& spec,
                                       const LoadedModule& module, const DescriptorInfo& descriptor,
                                       ControlThread& control, base::Deadline deadline);
  // "limen.yaml:12:5: authenticator "tokens"": how messages name an entry.
  static std::string label(Kind kind, const ModuleSpec& spec);

  // Gate 6: creates and starts the plugin and waits until its object views are in sync. Throws
  // LoadError, and then retire() has been done.
  void start(ControlThread& control, base::Deadline deadline);
  // Stops the plugin, waits for its open calls and work, destroys it. False when something hangs;
  // the instance is then kept for ever, because the module may still use it.
  bool retire(ControlThread& control, base::Deadline deadline);
  // The same in three steps, each false when something hangs: only the first and the last need the
  // control thread, and the second may take its time. Whatever they say, the last one is due.
  bool begin_retire(ControlThread& control, base::Deadline deadline);
  bool drain(base::Deadline deadline);
  bool end_retire(ControlThread& control, bool drained, base::Deadline deadline);

  Kind kind() const { return setup_.kind; }
  const ModuleSpec& spec() const { return setup_.spec; }
  const LoadedModulePtr& module() const { return setup_.module; }
  const std::string& name() const { return setup_.spec.name; }
  const object::Document& config() const { return setup_.config; }
  const DescriptorInfo& descriptor() const { return *setup_.descriptor; }
  InstanceInfo info() const;
  // Its calls are made on worker threads: it may block, or it is a shadow, which must not delay
  // anybody.
  bool may_block() const { return setup_.descriptor->may_block() || setup_.spec.shadow; }
  const limen_plugin* plugin() const { return plugin_; }
  HostScope& scope() { return scope_; }
  // The plugin's table of its kind, and any other by id (null: it has none).
  const void* table() const { return table_; }
  const void* extension(const char* id) const;

  bool running() const { return scope_.stage() == Stage::running; }
  bool stopping() const { return scope_.stage() >= Stage::stopping; }
  // Why calls are refused right now, whoever makes them; empty: they are not.
  std::string_view refusal() const;
  const CallGate& gate() const { return gate_; }

  // A call in phase open; none when the instance is stopping, its breaker is open, or it has as
  // many calls as it may have.
  CallLease open(CallKind kind, const request::CallScope& scope, base::Deadline now);
  // A call of the host itself, outside any request: start.
  CallLease open_control(base::Deadline deadline);

  // Calls the module. `input` lives in the call. Must not throw (a module's exception ends here, in
  // std::terminate, rather than in somebody else's request).
  using Invoke = limen_status (*)(const ModuleInstance& instance, limen_call* call,
                                  const void* input) noexcept;
  // A call is made in three steps, so that one that ends at once costs no coroutine of its own:
  // call_here; unless that is true, wait_for with the same arguments; settle.
  //
  // Calls the module on this thread, if it never blocks. True when the call is done.
  bool call_here(Call& call, Invoke function, const void* input) {
    return !may_block() && invoke(call, function, input);
  }
  // Waits for the end; a module that may block is first called, on a worker.
  base::Task<Ended> wait_for(Call& call, request::CallScope& scope, Invoke function,
                             const void* input) {
    return wait(call, scope, may_block() ? function : nullptr, input);
  }
  // True when the call was done in time, so that its reply counts and remains to be recorded. Else
  // it has been recorded, and has become an orphan if it still runs.
  bool settle(CallLease& call, Ended ended, bool here, const CallTime& time);

  // Calls it on this thread. True when the call is done; else wait for it.
  bool invoke(Call& call, Invoke function, const void* input);
  // Waits for a pending call; with `function` it is first called on a worker. After
  // Ended::deadline the call is an orphan.
  base::Task<Ended> wait(Call& call, request::CallScope& scope, Invoke function, const void* input);

  // What went wrong with a completed call: empty when nothing did.
  std::string error_of(const Call& call) const;
  // The text for a call that was not complete at its deadline.
  std::string deadline_error() const;
  void record(Outcome outcome, const CallTime& time);

  // Bookkeeping of the call table.
  void call_closed() { gate_.leave(); }
  void orphan_made();
  void orphan_ended(bool counted);
  std::size_t orphans() const { return gate_.hanging(); }
  std::size_t open_calls() const { return gate_.calls(); }

 private:
  struct Attempt;
  CallLease open_entered(CallKind kind, base::Deadline deadline);
  static Ended await_start(Call& call, Attempt& attempt, base::Deadline deadline);
  void create_and_start(ControlThread& control, base::Deadline deadline);
  void find_tables();
  [[noreturn]] void fail_start(const std::string& why) const;
  void keep_for_ever();
  void tell(CallGate::Turn turn, std::string_view cause);
  static void tick(Call* call, limen_call* handle, base::Executor& loop);

  const Setup setup_;
  const std::string* const interned_name_;  // never freed; for messages about stale handles
  const std::uint64_t serial_;
  std::chrono::system_clock::time_point started_at_;
  HostScope scope_;
  base::WorkerPool callers_;
  const limen_plugin* plugin_ = nullptr;
  const void* table_ = nullptr;
  bool started_ = false;
  CallGate gate_;
  metrics::Histogram& seconds_;
  std::array<metrics::Counter*, 6> outcomes_;
  metrics::Counter& late_;
};

}  // namespace limen::modules
