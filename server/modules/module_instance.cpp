#include "modules/module_instance.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

#include "modules/instance_numbers.h"
#include "modules/nodes.h"
#include "observability/log.h"
#include "observability/metrics.h"

namespace limen::modules {

namespace {

// Names outlive the instances that bore them; there are as many as the configs ever named.
const std::string* intern(const std::string& name) {
  static auto* const names = new std::set<std::string>;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  return &*names->insert(name).first;
}

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

std::string_view outcome_name(Kind kind, Outcome outcome) {
  switch (outcome) {
    case Outcome::yes:
      return kind == Kind::authenticator ? "authenticated" : "allowed";
    case Outcome::no:
      return "denied";
    case Outcome::no_opinion:
      return "no_opinion";
    case Outcome::error:
      return "error";
    case Outcome::deadline:
      return "deadline";
    case Outcome::refused:
      return "refused";
  }
  return "unknown";
}

std::array<metrics::Counter*, 6> outcome_counters(Kind kind, const std::string& name) {
  auto& family =
      metrics::counter("limen_module_calls_total", "Calls of module instances, by how they ended.",
                       {"kind", "name", "outcome"});
  std::array<metrics::Counter*, 6> counters{};
  for (std::size_t i = 0; i < counters.size(); ++i) {
    counters[i] =
        &family.with({kind_name(kind), name, outcome_name(kind, static_cast<Outcome>(i))});
  }
  return counters;
}

std::string_view status_name(limen_status status) {
  switch (status) {
    case LIMEN_E_INVALID:
      return "LIMEN_E_INVALID";
    case LIMEN_E_UNSUPPORTED:
      return "LIMEN_E_UNSUPPORTED";
    case LIMEN_E_NOT_FOUND:
      return "LIMEN_E_NOT_FOUND";
    case LIMEN_E_DEADLINE:
      return "LIMEN_E_DEADLINE";
    case LIMEN_E_CANCELLED:
      return "LIMEN_E_CANCELLED";
    case LIMEN_E_UNAVAILABLE:
      return "LIMEN_E_UNAVAILABLE";
    case LIMEN_E_INTERNAL:
      return "LIMEN_E_INTERNAL";
    case LIMEN_E_CONFLICT:
      return "LIMEN_E_CONFLICT";
    default:
      return {};
  }
}

constexpr std::string_view kNotRunning = "the instance is not running";
// Who has not answered after so long does not answer in time, whatever its timeout.
constexpr std::chrono::nanoseconds kMuchTime = std::chrono::seconds(5);

// "2s", "1500ms", "2500ns".
std::string duration_text(std::chrono::nanoseconds duration) {
  const std::int64_t ns = duration.count();
  if (ns % 1'000'000'000 == 0) return std::to_string(ns / 1'000'000'000) + "s";
  if (ns % 1'000'000 == 0) return std::to_string(ns / 1'000'000) + "ms";
  return std::to_string(ns) + "ns";
}

}  // namespace

ModuleInstance::ModuleInstance(Setup setup)
    : setup_(std::move(setup)),
      interned_name_(intern(setup_.spec.name)),
      serial_(next_serial()),
      scope_(setup_.spec.name, setup_.server_version, setup_.config, *setup_.objects,
             setup_.workers),
      callers_("c-" + setup_.spec.name, std::min(setup_.workers, setup_.spec.max_calls),
               kMaxQueuedCalls),
      gate_(setup_.spec.max_calls),
      seconds_(metrics::histogram("limen_module_call_seconds",
                                  "Time from a module instance's call to its end.",
                                  {"kind", "name"})
                   .with({kind_name(setup_.kind), setup_.spec.name})),
      outcomes_(outcome_counters(setup_.kind, setup_.spec.name)),
      late_(metrics::counter("limen_module_late_completions_total",
                             "Calls a module completed after the host had answered without it.",
                             {"kind", "name"})
                .with({kind_name(setup_.kind), setup_.spec.name})) {
  if (setup_.kind == Kind::authorizer && !setup_.spec.shadow) {
    scope_.on_rights_changed(setup_.rights_changed);
  }
  show_numbers(*this);
}

ModuleInstance::~ModuleInstance() {
  hide_numbers(*this);
  if (plugin_ != nullptr) {
    log::error("module instance dropped without being retired; it is not destroyed",
               {{"name", name()}});
  }
}

std::string ModuleInstance::label(Kind kind, const ModuleSpec& spec) {
  const std::string entry = std::string(kind_name(kind)) + " \"" + spec.name + "\"";
  return spec.position.empty() ? entry : spec.position + ": " + entry;
}

InstanceInfo ModuleInstance::info() const {
  InstanceInfo info;
  info.kind = setup_.kind;
  info.name = setup_.spec.name;
  info.module = setup_.module->name();
  info.id = setup_.descriptor->id;
  info.version = setup_.descriptor->version;
  info.file = setup_.module->file().string();
  info.may_block = may_block();
  info.shadow = setup_.spec.shadow;
  info.serial = serial_;
  info.file_serial = setup_.module->serial();
  info.generation = setup_.generation;
  info.started = started_at_;
  info.refusal = refusal();
  info.calls = open_calls();
  info.hanging = orphans();
  return info;
}

const void* ModuleInstance::extension(const char* id) const {
  return plugin_ == nullptr ? nullptr : plugin_->get_extension(plugin_, id);
}

std::string_view ModuleInstance::refusal() const {
  if (!running()) return kNotRunning;
  return gate_.refusal(base::SteadyClock::now());
}

CallLease ModuleInstance::open_control(base::Deadline deadline) {
  gate_.enter_always();
  return open_entered(CallKind::control, deadline);
}

// For a call that the gate has let in.
CallLease ModuleInstance::open_entered(CallKind kind, base::Deadline deadline) {
  Call* const call = CallTable::get().open(kind, *this, interned_name_);
  if (call == nullptr) {
    gate_.leave();
    return CallLease(std::string_view("too many calls of modules are open in this server"));
  }
  call->deadline_ns = deadline.time_since_epoch().count();
  return CallLease(call);
}

CallLease ModuleInstance::open(CallKind kind, const request::CallScope& scope, base::Deadline now) {
  if (!running()) return CallLease(kNotRunning);
  const std::string_view refused = gate_.enter(now);
  if (!refused.empty()) return CallLease(refused);
  CallLease call = open_entered(kind, std::min(scope.deadline, now + setup_.spec.timeout));
  if (call) call->client_gone = scope.cancelled;
  return call;
}

bool ModuleInstance::invoke(Call& call, Invoke function, const void* input) {
  limen_call* const handle = call.handle();
  const limen_status status = function(*this, handle, input);
  if (status == LIMEN_PENDING) return false;
  CallTable::get().finish_open(call, status);
  return true;
}

// Runs on the loop while the host waits: ends the wait at the deadline, and passes on that the
// client has gone, which nobody announces, about ten times a second.
void ModuleInstance::tick(Call* call, limen_call* handle, base::Executor& loop) {
  static constexpr std::chrono::milliseconds kTick(100);
  CallTable& table = CallTable::get();
  if (!table.is_waiting(handle)) return;
  const base::Deadline deadline{std::chrono::nanoseconds(call->deadline_ns)};
  const base::Deadline now = base::SteadyClock::now();
  if (now >= deadline) {
    table.abandon(handle);
    return;
  }
  call->timer = loop.post_at(std::min(deadline, now + kTick),
                             [call, handle, &loop] { tick(call, handle, loop); });
  if (call->client_gone && call->client_gone->load(std::memory_order_relaxed)) {
    table.fire_cancel(handle);
  }
}

base::Task<Ended> ModuleInstance::wait(Call& call, request::CallScope& scope, Invoke function,
                                       const void* input) {
  CallTable& table = CallTable::get();
  limen_call* const handle = call.handle();
  const base::OneShot<Ended> answer(scope.loop);
  std::function<void(Ended)> wake = [answer](Ended ended) { answer.set(ended); };
  if (!table.wait(call, std::move(wake))) co_return Ended::completed;
  tick(&call, handle, scope.loop);
  if (function != nullptr) {
    const bool taken =
        callers_.submit([self = shared_from_this(), handle, function, input](bool cancelled) {
          CallTable& calls = CallTable::get();
          if (cancelled || !calls.is_wanted(handle)) {
            calls.complete(handle, LIMEN_E_CANCELLED);
            return;
          }
          const limen_status status = function(*self, handle, input);
          if (status != LIMEN_PENDING) calls.complete(handle, status);
        });
    if (!taken) {
      call.failure = "too many calls wait for one of its workers";
      table.complete(handle, LIMEN_E_UNAVAILABLE);
    }
  }
  const Ended ended = co_await answer;
  if (ended == Ended::completed) scope.loop.cancel_timer(call.timer);
  co_return ended;
}

std::string ModuleInstance::error_of(const Call& call) const {
  if (!call.violation.empty()) return "the module broke its contract: it " + call.violation;
  if (call.status == LIMEN_OK || call.status == LIMEN_NO_OPINION) return {};
  if (!call.failure.empty()) return call.failure;
  const std::string_view name = status_name(call.status);
  if (!name.empty()) return "the module failed with " + std::string(name);
  return "the module answered with status " + std::to_string(call.status) +
         ", which this server does not know";
}

bool ModuleInstance::settle(CallLease& call, Ended ended, bool here, const CallTime& time) {
  if (here && time.ended > call->deadline()) ended = Ended::late;
  // A caller who gives a module little time tells nothing of the module. One that itself says that
  // somebody did not answer in time is no better than one that says nothing.
  const bool in_time = ended == Ended::completed && call->status != LIMEN_E_DEADLINE;
  if (in_time) {
    tell(gate_.answered(), "timeouts");
  } else if (time.counted && time.ended - time.began >= std::min(setup_.spec.timeout, kMuchTime)) {
    tell(gate_.timed_out(time.ended), "timeouts");
  }
  if (ended == Ended::completed) return true;
  if (ended == Ended::deadline) call.orphaned();
  record(Outcome::deadline, time);
  return false;
}

std::string ModuleInstance::deadline_error() const {
  return "no answer within the deadline (its timeout is " + duration_text(setup_.spec.timeout) +
         ")";
}

void ModuleInstance::record(Outcome outcome, const CallTime& time) {
  if (!time.counted) return;
  outcomes_[static_cast<std::size_t>(outcome)]->add();
  seconds_.observe(std::chrono::duration<double>(time.ended - time.began).count());
}

void ModuleInstance::orphan_made() { tell(gate_.hangs(), "hanging"); }

void ModuleInstance::orphan_ended(bool counted) {
  if (counted) late_.add();
  tell(gate_.hangs_no_more(), "hanging");
}

void ModuleInstance::tell(CallGate::Turn turn, std::string_view cause) {
  if (turn == CallGate::Turn::none) return;
  if (turn == CallGate::Turn::closed) {
    log::warn("module instance is called again",
              {{"kind", kind_name(setup_.kind)}, {"name", name()}});
    return;
  }
  metrics::counter("limen_module_breaker_opened_total",
                   "How often an instance was not called any more: because its calls hang, or did "
                   "not answer in time.",
                   {"kind", "name", "cause"})
      .with({kind_name(setup_.kind), name(), cause})
      .add();
  using log::Message;
  log::error(
      cause == "hanging"
          ? Message("module instance is not called any more until its hanging calls end")
          : Message(
                "module instance is not called any more until one that is tried answers in time"),
      {{"kind", kind_name(setup_.kind)},
       {"name", name()},
       {"hanging", std::to_string(gate_.hanging())}});
}

}  // namespace limen::modules
