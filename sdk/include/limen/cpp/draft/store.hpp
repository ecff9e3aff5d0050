// Store: a storage driver, where the server keeps its objects durably. DRAFT, as the table it
// wraps: limen/draft/store.h, which has the words for what each function promises.
//
//   LIMEN_EXPORT_MODULE(limen::draft::store<Files>({.id = "files", .version = "1.0.0"}))
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "limen/cpp/module.hpp"
#include "limen/draft/store.h"

namespace limen::draft {

struct StoreState {
  std::int64_t revision = 1;   // of the newest change; 1 when there never was one
  std::int64_t compacted = 0;  // changes up to this one have been forgotten
  std::string_view prefix{};   // what keys begin with; empty: /registry. The module's own.
};

// A key as it became at a revision. Views.
struct StoreChange {
  std::string_view key, value;
  std::int64_t revision = 0, created = 0;
  bool removed = false;
};

// Where load() puts changes. Copies of it are the same sink.
class ChangeSink {
 public:
  using Each = std::int32_t (*)(void*, const limen_store_change*);
  ChangeSink(Each each, void* arg) : each_(each), arg_(arg) {}

  // False when no more is wanted.
  bool give(const StoreChange& change) const {
    const limen_store_change raw = to_abi_change(change);
    return each_(arg_, &raw) == 0;
  }

  static limen_store_change to_abi_change(const StoreChange& change) {
    return {to_abi(change.key), to_abi(change.value),   change.revision,
            change.created,     change.removed ? 1 : 0, 0};
  }

 private:
  Each each_;
  void* arg_;
};

// Whom a driver that shares its data tells what happens there; one call at a time. Copies are the
// same watcher.
class StoreWatcher {
 public:
  StoreWatcher() = default;
  explicit StoreWatcher(const limen_store_watcher* raw) : raw_(raw) {}

  // A change, by whomever, in revision order.
  void changed(const StoreChange& change) const {
    const limen_store_change raw = ChangeSink::to_abi_change(change);
    raw_->changed(raw_->arg, &raw);
  }
  // Changes were missed: until resynced(), changed() tells all keys that there are at `revision`.
  void resync(std::int64_t revision) const { raw_->resync(raw_->arg, revision); }
  void resynced() const { raw_->resynced(raw_->arg); }
  // Nothing can be read or written for now; empty: it can again.
  void trouble(std::string_view reason) const { raw_->trouble(raw_->arg, to_abi(reason)); }

 private:
  const limen_store_watcher* raw_ = nullptr;
};

// The writes of one batch, for range-for. Borrowed.
class Ops {
 public:
  Ops(const limen_store_op* ops, std::size_t count) : ops_(ops), count_(count) {}
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  const limen_store_op* data() const { return ops_; }
  const limen_store_op& operator[](std::size_t index) const { return ops_[index]; }
  const limen_store_op* begin() const { return ops_; }
  const limen_store_op* end() const { return ops_ + count_; }

 private:
  const limen_store_op* ops_;
  std::size_t count_;
};

// One batch of writes that has to be answered exactly once, from any thread. One that is dropped
// unanswered fails.
class Commit {
 public:
  using Done = void (*)(void*, limen_status, limen_str, const std::int64_t*, std::size_t);
  Commit(Ops ops, Done done, void* arg) : ops_(ops), done_(done), arg_(arg) {}
  Commit(Commit&& other) noexcept
      : ops_(other.ops_), done_(std::exchange(other.done_, nullptr)), arg_(other.arg_) {}
  Commit& operator=(Commit&& other) noexcept {
    if (this != &other) {
      fail({"the driver gave a batch of writes up"});
      ops_ = other.ops_;
      done_ = std::exchange(other.done_, nullptr);
      arg_ = other.arg_;
    }
    return *this;
  }
  Commit(const Commit&) = delete;
  Commit& operator=(const Commit&) = delete;
  ~Commit() { fail({"the driver gave a batch of writes up"}); }

  // What is to be written, in order. Until the batch is answered.
  Ops ops() const { return ops_; }

  // All of it is durable: one revision an op, 0 for one whose key was not at the expected revision,
  // LIMEN_STORE_UNKNOWN for one of which nothing is known, because of `error`.
  void succeed(const std::vector<std::int64_t>& revisions, std::string_view error = {}) {
    if (Done done = std::exchange(done_, nullptr)) {
      done(arg_, LIMEN_OK, to_abi(error), revisions.data(), revisions.size());
    }
  }
  // Nothing was stored.
  void fail(const Error& error) {
    if (Done done = std::exchange(done_, nullptr)) {
      done(arg_, error.status < 0 ? error.status : LIMEN_E_INTERNAL, to_abi(error.message), nullptr,
           0);
    }
  }

 private:
  Ops ops_;
  Done done_;
  void* arg_;
};

// A question whether all has been told, that has to be answered exactly once, from any thread. One
// that is dropped unanswered fails.
class Confirm {
 public:
  using Done = void (*)(void*, limen_status, limen_str);
  Confirm(Done done, void* arg) : done_(done), arg_(arg) {}
  Confirm(Confirm&& other) noexcept
      : done_(std::exchange(other.done_, nullptr)), arg_(other.arg_) {}
  Confirm& operator=(Confirm&& other) noexcept {
    if (this != &other) {
      fail({"the driver gave a question up"});
      done_ = std::exchange(other.done_, nullptr);
      arg_ = other.arg_;
    }
    return *this;
  }
  Confirm(const Confirm&) = delete;
  Confirm& operator=(const Confirm&) = delete;
  ~Confirm() { fail({"the driver gave a question up"}); }

  void succeed() {
    if (Done done = std::exchange(done_, nullptr)) done(arg_, LIMEN_OK, limen_str{});
  }
  void fail(const Error& error) {
    if (Done done = std::exchange(done_, nullptr)) {
      done(arg_, error.status < 0 ? error.status : LIMEN_E_INTERNAL, to_abi(error.message));
    }
  }

 private:
  Done done_;
  void* arg_;
};

// A driver. The host calls one function at a time, in the order open, load, watch, then commit,
// confirm, compact and advance.
class Store : public Plugin {
 public:
  virtual Result<StoreState> open() = 0;
  // Return an Error with LIMEN_E_CANCELLED when the sink wants no more.
  virtual Result<void> load(const ChangeSink& sink) = 0;
  virtual void commit(Commit commit) = 0;
  // The revision that was reached.
  virtual Result<std::int64_t> compact(std::int64_t revision, std::size_t limit) = 0;
  // Has the next change get a revision greater than `revision`.
  virtual Result<void> advance(std::int64_t) {
    return Error{"this store cannot leave revisions out", LIMEN_E_UNSUPPORTED};
  }
  // Override both, publicly, in a driver that shares its data with other servers.
  virtual Result<void> watch(const StoreWatcher&) { return {}; }
  virtual void confirm(Confirm confirm) { confirm.succeed(); }
};

namespace detail {

template <class T>
struct StoreKind {
  static constexpr const char* kId = LIMEN_KIND_STORE;
  using Self = limen::detail::Instance<T, StoreKind>;
  static constexpr bool kWatches =
      !std::is_same_v<decltype(&T::watch), Result<void> (Store::*)(const StoreWatcher&)>;

  // The barrier round every function: an error's text goes to the host's sink.
  template <class Body>
  static limen_status guard(const limen_store_error* sink, Body&& body) noexcept {
    const auto tell = [&](std::string_view text) {
      if (sink != nullptr) sink->set(sink->arg, to_abi(text));
    };
    try {
      const std::optional<Error> error = body();
      if (!error) return LIMEN_OK;
      tell(error->message);
      return error->status < 0 ? error->status : LIMEN_E_INTERNAL;
    } catch (const std::exception& error) {
      tell(error.what());
    } catch (...) {
      tell("unknown exception");
    }
    return LIMEN_E_INTERNAL;
  }
  template <class Value>
  static std::optional<Error> error_of(const Result<Value>& result) {
    return result.ok() ? std::nullopt : std::optional<Error>(result.error());
  }

  static limen_status open(const limen_plugin* plugin, limen_store_state* out,
                           const limen_store_error* error) noexcept {
    return guard(error, [&] {
      const Result<StoreState> state = Self::of(plugin).object->open();
      if (state.ok()) *out = {state->revision, state->compacted, to_abi(state->prefix)};
      return error_of(state);
    });
  }
  static limen_status load(const limen_plugin* plugin,
                           std::int32_t (*each)(void*, const limen_store_change*), void* arg,
                           const limen_store_error* error) noexcept {
    return guard(error,
                 [&] { return error_of(Self::of(plugin).object->load(ChangeSink(each, arg))); });
  }
  static void commit(const limen_plugin* plugin, const limen_store_op* ops, std::size_t count,
                     Commit::Done done, void* arg) noexcept {
    Self& self = Self::of(plugin);
    try {
      self.object->commit(Commit(Ops(ops, count), done, arg));
    } catch (const std::exception& error) {
      // The batch was answered when the Commit went.
      self.host.log().error("a batch of writes failed", {{"error", error.what()}});
    } catch (...) {
      self.host.log().error("a batch of writes failed");
    }
  }
  static limen_status compact(const limen_plugin* plugin, std::int64_t revision, std::size_t limit,
                              std::int64_t* reached, const limen_store_error* error) noexcept {
    return guard(error, [&] {
      const Result<std::int64_t> result = Self::of(plugin).object->compact(revision, limit);
      if (result.ok()) *reached = *result;
      return error_of(result);
    });
  }
  static limen_status watch(const limen_plugin* plugin,
                            const limen_store_watcher* watcher) noexcept {
    return guard(nullptr,
                 [&] { return error_of(Self::of(plugin).object->watch(StoreWatcher(watcher))); });
  }
  static void confirm(const limen_plugin* plugin, Confirm::Done done, void* arg) noexcept {
    Self& self = Self::of(plugin);
    try {
      self.object->confirm(Confirm(done, arg));
    } catch (const std::exception& error) {
      // The question was answered when the Confirm went.
      self.host.log().error("a confirmation failed", {{"error", error.what()}});
    } catch (...) {
      self.host.log().error("a confirmation failed");
    }
  }
  static limen_status advance(const limen_plugin* plugin, std::int64_t revision,
                              const limen_store_error* error) noexcept {
    return guard(error, [&] { return error_of(Self::of(plugin).object->advance(revision)); });
  }
  static const void* extension(std::string_view id) {
    static constexpr limen_store kTable{sizeof(limen_store),
                                        0,
                                        &open,
                                        &load,
                                        &commit,
                                        &compact,
                                        kWatches ? &watch : nullptr,
                                        kWatches ? &confirm : nullptr,
                                        &advance};
    return id == LIMEN_KIND_STORE ? &kTable : nullptr;
  }
};

}  // namespace detail

template <class T>
limen::detail::PluginType store(const Info& info) {
  static_assert(std::is_base_of_v<Store, T>);
  return limen::detail::plugin_type<T, detail::StoreKind<T>>(info);
}

}  // namespace limen::draft
