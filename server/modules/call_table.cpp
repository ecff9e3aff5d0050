#include <array>
#include <thread>

#include "modules/call.h"
#include "modules/module_instance.h"
#include "observability/log.h"
#include "observability/metrics.h"

namespace limen::modules {

namespace {

using Phase = Call::Phase;

enum CancelPhase : std::uint32_t { kNone, kSetting, kArmed, kFiring, kFired };

constexpr std::uint32_t kChunkSlots = 32;
constexpr std::size_t kMaxCachedSlots = 32;

constexpr std::uint64_t word(std::uint32_t generation, std::uint32_t low) {
  return std::uint64_t{generation} << 32 | low;
}
constexpr std::uint64_t word(std::uint32_t generation, Phase phase) {
  return word(generation, static_cast<std::uint32_t>(phase));
}
constexpr std::uint32_t generation_of(std::uint64_t state) {
  return static_cast<std::uint32_t>(state >> 32);
}
constexpr Phase phase_of(std::uint64_t state) {
  return static_cast<Phase>(static_cast<std::uint32_t>(state));
}

limen_call* to_handle(std::uint32_t generation, std::uint32_t index) {
  return reinterpret_cast<limen_call*>(word(generation, index));
}

// The handle whose on_cancel function runs on this thread right now.
thread_local const limen_call* firing_here = nullptr;

// Waits out the few instructions in which somebody else moves a call.
std::uint64_t settled(const std::atomic<std::uint64_t>& state) {
  std::uint64_t now = state.load(std::memory_order_acquire);
  while (phase_of(now) == Phase::busy) {
    std::this_thread::yield();
    now = state.load(std::memory_order_acquire);
  }
  return now;
}

}  // namespace

// The slots themselves: chunks that are made when needed and never freed, and a list of free ones.
class CallTable::Slots {
 public:
  Call* at(std::uint32_t index) const {
    if (index >= kMaxCalls) return nullptr;
    Call* chunk = chunks_[index / kChunkSlots].load(std::memory_order_acquire);
    return chunk == nullptr ? nullptr : chunk + index % kChunkSlots;
  }

  Call* take() {
    Cache& cache = thread_cache();
    if (cache.calls.empty() && !refill(cache)) return nullptr;
    Call* call = cache.calls.back();
    cache.calls.pop_back();
    return call;
  }

  void give(Call* call) {
    Cache& cache = thread_cache();
    cache.calls.push_back(call);
    if (cache.calls.size() > kMaxCachedSlots) spill(cache, kMaxCachedSlots / 2);
  }

  std::uint32_t size() const { return size_.load(std::memory_order_acquire); }

 private:
  // Each thread keeps a few free slots, so that taking one costs no lock.
  struct Cache {
    Slots* slots = nullptr;
    std::vector<Call*> calls;
    ~Cache() {
      if (slots != nullptr) slots->spill(*this, 0);
    }
  };

  Cache& thread_cache() {
    thread_local Cache cache;
    cache.slots = this;
    return cache;
  }

  void spill(Cache& cache, std::size_t keep) {
    const std::lock_guard lock(mutex_);
    while (cache.calls.size() > keep) {
      free_.push_back(cache.calls.back());
      cache.calls.pop_back();
    }
  }

  bool refill(Cache& cache) {
    const std::lock_guard lock(mutex_);
    if (free_.empty() && !grow()) return false;
    const std::size_t count = std::min<std::size_t>(free_.size(), 4);
    for (std::size_t i = 0; i < count; ++i) {
      cache.calls.push_back(free_.back());
      free_.pop_back();
    }
    return true;
  }

  bool grow() {
    const std::uint32_t first = size_.load(std::memory_order_relaxed);
    if (first >= kMaxCalls) return false;
    Call* chunk = new Call[kChunkSlots];
    for (std::uint32_t i = 0; i < kChunkSlots; ++i) {
      chunk[i].index_ = first + i;
      free_.push_back(chunk + i);
    }
    chunks_[first / kChunkSlots].store(chunk, std::memory_order_release);
    size_.store(first + kChunkSlots, std::memory_order_release);
    return true;
  }

  std::array<std::atomic<Call*>, kMaxCalls / kChunkSlots> chunks_{};
  std::atomic<std::uint32_t> size_{0};
  std::mutex mutex_;
  std::vector<Call*> free_;
};

CallTable::CallTable() : slots_(new Slots) {}

CallTable& CallTable::get() {
  static CallTable* const table = new CallTable;
  return *table;
}

limen_call* Call::handle() const {
  return to_handle(generation_of(state_.load(std::memory_order_relaxed)), index_);
}

Call* CallTable::open(CallKind kind, ModuleInstance& instance, const std::string* owner_name) {
  Call* call = slots_->take();
  if (call == nullptr) return nullptr;
  std::uint32_t generation = generation_of(call->state_.load(std::memory_order_relaxed)) + 1;
  if (generation == 0) generation = 1;  // a handle is never a null pointer
  call->kind = kind;
  call->instance.store(&instance, std::memory_order_relaxed);
  call->owner_name_ = owner_name;
  call->cancel_.store(word(generation, kNone), std::memory_order_relaxed);
  call->state_.store(word(generation, Phase::open), std::memory_order_release);
  return call;
}

void CallTable::release(Call& call) {
  ModuleInstance* const instance = call.instance.load(std::memory_order_relaxed);
  const std::uint32_t generation = generation_of(call.state_.load(std::memory_order_relaxed));
  call.client_gone.reset();
  call.counted = true;
  call.deadline_ns = INT64_MAX;
  call.inputs.clear(call.kind == CallKind::authenticate);
  for (object::Document& document : call.documents) document = {};
  if (call.kind == CallKind::authenticate) call.head.forget();
  call.status = LIMEN_OK;
  call.failure.clear();
  call.violation.clear();
  call.reply_bytes = 0;
  call.timer = 0;
  switch (call.kind) {
    case CallKind::authenticate:
      call.authn = {};
      break;
    case CallKind::authorize:
      call.authz = {};
      call.rule_id.clear();
      call.authz_causes.clear();
      break;
    case CallKind::rules:
      call.rules = {};
      break;
    case CallKind::admit:
    case CallKind::validate:
      call.admission = {};
      call.authorizers.reset();
      call.versions.reset();
      call.refusals.reset();
      call.loop = nullptr;
      break;
    case CallKind::issue_token:
    case CallKind::issuer_document:
      call.token = {};
      break;
    case CallKind::control:
    case CallKind::other:
      break;
  }
  call.wake_ = nullptr;
  call.instance.store(nullptr, std::memory_order_relaxed);
  const std::shared_ptr<ModuleInstance> keep = std::move(call.keep_);
  call.state_.store(word(generation, Phase::free), std::memory_order_release);
  slots_->give(&call);
  if (instance != nullptr) instance->call_closed();
}

Call* CallTable::peek(const limen_call* handle, std::uint32_t& generation) const {
  const auto number = reinterpret_cast<std::uint64_t>(handle);
  generation = generation_of(number);
  if (generation == 0) return nullptr;
  return slots_->at(static_cast<std::uint32_t>(number));
}

Call* CallTable::find(const limen_call* handle, std::string_view what) {
  std::uint32_t generation = 0;
  Call* call = peek(handle, generation);
  if (call != nullptr) {
    const std::uint64_t state = settled(call->state_);
    const Phase phase = phase_of(state);
    if (generation_of(state) == generation &&
        (phase == Phase::open || phase == Phase::waiting || phase == Phase::orphan)) {
      return call;
    }
  }
  misuse(call, generation, what);
  return nullptr;
}

void CallTable::misuse(const Call* call, std::uint32_t generation, std::string_view what) {
  // The slot still names its last owner unless somebody else has taken it since.
  const bool known =
      call != nullptr && generation_of(call->state_.load(std::memory_order_acquire)) == generation;
  const std::string_view name = known && call->owner_name_ != nullptr
                                    ? std::string_view(*call->owner_name_)
                                    : std::string_view("unknown");
  metrics::counter("limen_module_misuse_total",
                   "Uses of a call by a module after its completion, ignored.", {"name", "use"})
      .with({name, what})
      .add();
  log::error("module used a call that is complete; ignored", {{"name", name}, {"use", what}});
}

bool CallTable::complete(limen_call* handle, limen_status status) {
  std::uint32_t generation = 0;
  Call* call = peek(handle, generation);
  if (call == nullptr) {
    misuse(nullptr, 0, "complete");
    return false;
  }
  // First of all: an on_cancel function that runs may itself be about to complete the call.
  disarm_cancel(*call, generation);
  std::uint64_t state = settled(call->state_);
  for (;;) {
    const Phase phase = phase_of(state);
    if (generation_of(state) != generation || phase == Phase::free || phase == Phase::done) {
      misuse(call, generation, "complete");
      return false;
    }
    if (phase == Phase::busy) {
      state = settled(call->state_);
      continue;
    }
    if (call->state_.compare_exchange_weak(state, word(generation, Phase::busy),
                                           std::memory_order_acq_rel)) {
      break;
    }
  }
  const Phase before = phase_of(state);
  call->status = status;
  if (status == LIMEN_PENDING) {
    call->violate("completed a call with LIMEN_PENDING");
    call->status = LIMEN_E_INTERNAL;
  }
  if (before == Phase::orphan) {
    end_orphan(*call);
    return true;
  }
  // Before `waiting` the function is still being set by the host.
  std::function<void(Ended)> wake;
  if (before == Phase::waiting) wake.swap(call->wake_);
  // From here on the host may release the slot.
  call->state_.store(word(generation, Phase::done), std::memory_order_release);
  if (wake) wake(Ended::completed);
  return true;
}

bool CallTable::finish_open(Call& call, limen_status status) {
  const std::uint32_t generation = generation_of(call.state_.load(std::memory_order_relaxed));
  disarm_cancel(call, generation);
  std::uint64_t state = settled(call.state_);
  if (phase_of(state) == Phase::open &&
      call.state_.compare_exchange_strong(state, word(generation, Phase::busy),
                                          std::memory_order_acq_rel)) {
    call.status = status;
    call.state_.store(word(generation, Phase::done), std::memory_order_release);
    return true;
  }
  settled(call.state_);
  misuse(&call, generation, "complete");
  return false;
}

bool CallTable::wait(Call& call, std::function<void(Ended)> wake) {
  call.wake_ = std::move(wake);
  std::uint64_t state = settled(call.state_);
  const std::uint32_t generation = generation_of(state);
  while (phase_of(state) == Phase::open) {
    if (call.state_.compare_exchange_weak(state, word(generation, Phase::waiting),
                                          std::memory_order_acq_rel)) {
      return true;
    }
    state = settled(call.state_);
  }
  return false;
}

void CallTable::abandon(limen_call* handle) {
  std::uint32_t generation = 0;
  Call* call = peek(handle, generation);
  if (call == nullptr) return;
  std::uint64_t expected = word(generation, Phase::waiting);
  if (!call->state_.compare_exchange_strong(expected, word(generation, Phase::busy),
                                            std::memory_order_acq_rel)) {
    return;
  }
  std::function<void(Ended)> wake = std::move(call->wake_);
  call->wake_ = nullptr;
  call->head.forget();
  ModuleInstance* const instance = call->instance.load(std::memory_order_relaxed);
  call->keep_ = instance->shared_from_this();
  instance->orphan_made();
  call->state_.store(word(generation, Phase::orphan), std::memory_order_release);
  if (wake) wake(Ended::deadline);
  fire_cancel(handle);
}

void CallTable::end_orphan(Call& call) {
  call.instance.load(std::memory_order_relaxed)->orphan_ended(call.counted);
  release(call);
}

bool CallTable::is_waiting(const limen_call* handle) const {
  std::uint32_t generation = 0;
  const Call* call = peek(handle, generation);
  return call != nullptr &&
         call->state_.load(std::memory_order_acquire) == word(generation, Phase::waiting);
}

bool CallTable::is_wanted(const limen_call* handle) const {
  std::uint32_t generation = 0;
  const Call* call = peek(handle, generation);
  if (call == nullptr) return false;
  const std::uint64_t state = settled(call->state_);
  return state == word(generation, Phase::open) || state == word(generation, Phase::waiting);
}

bool CallTable::cancelled(const limen_call* handle) const {
  if (!is_wanted(handle)) return true;
  std::uint32_t generation = 0;
  const Call* call = peek(handle, generation);
  if (call->client_gone && call->client_gone->load(std::memory_order_relaxed)) return true;
  if (call->instance.load(std::memory_order_relaxed)->stopping()) return true;
  return call->deadline_ns <= base::SteadyClock::now().time_since_epoch().count();
}

limen_status CallTable::on_cancel(limen_call* handle, void (*fn)(void*), void* arg) {
  Call* call = find(handle, "on_cancel");
  if (call == nullptr || fn == nullptr) return LIMEN_E_INVALID;
  const std::uint32_t generation = generation_of(reinterpret_cast<std::uint64_t>(handle));
  std::uint64_t expected = word(generation, kNone);
  if (!call->cancel_.compare_exchange_strong(expected, word(generation, kSetting))) {
    return LIMEN_E_INVALID;
  }
  call->cancel_fn_ = fn;
  call->cancel_arg_ = arg;
  call->cancel_.store(word(generation, kArmed), std::memory_order_release);
  return LIMEN_OK;
}

void CallTable::fire_cancel(limen_call* handle) {
  std::uint32_t generation = 0;
  Call* call = peek(handle, generation);
  if (call == nullptr) return;
  std::uint64_t expected = word(generation, kArmed);
  if (!call->cancel_.compare_exchange_strong(expected, word(generation, kFiring),
                                             std::memory_order_acq_rel)) {
    return;
  }
  const limen_call* const outer = firing_here;
  firing_here = handle;
  call->cancel_fn_(call->cancel_arg_);
  firing_here = outer;
  // Not a plain store: the function may have completed the call, and the slot be another's by now.
  expected = word(generation, kFiring);
  call->cancel_.compare_exchange_strong(expected, word(generation, kFired),
                                        std::memory_order_acq_rel);
  call->cancel_.notify_all();
}

// After this no on_cancel function of the call runs or will run, except the one this thread is in.
void CallTable::disarm_cancel(Call& call, std::uint32_t generation) {
  std::uint64_t state = call.cancel_.load(std::memory_order_acquire);
  for (;;) {
    if (state == word(generation, kArmed)) {
      if (call.cancel_.compare_exchange_weak(state, word(generation, kFired))) return;
      continue;
    }
    if (state != word(generation, kFiring) || firing_here == to_handle(generation, call.index_)) {
      return;
    }
    call.cancel_.wait(state, std::memory_order_acquire);
    state = call.cancel_.load(std::memory_order_acquire);
  }
}

void CallTable::fire_cancel_all(const ModuleInstance& instance) {
  const std::uint32_t count = slots_->size();
  for (std::uint32_t i = 0; i < count; ++i) {
    Call* call = slots_->at(i);
    if (call == nullptr) continue;
    const std::uint64_t state = settled(call->state_);
    const Phase phase = phase_of(state);
    if (phase != Phase::waiting && phase != Phase::orphan && phase != Phase::open) continue;
    if (call->instance.load(std::memory_order_relaxed) != &instance) continue;
    fire_cancel(to_handle(generation_of(state), i));
  }
}

}  // namespace limen::modules
