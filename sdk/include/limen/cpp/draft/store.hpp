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
};

// A key as it became at a revision. Views.
struct StoreChange {
  std::string_view key, value;
  std::int64_t revision = 0, created = 0;
  bool removed = false;
};

// Where load() and watch() put changes. Copies of it are the same sink.
class ChangeSink {
 public:
  using Load = std::int32_t (*)(void*, const limen_store_change*);
  using Watch = void (*)(void*, const limen_store_change*);
  ChangeSink(Load load, void* arg) : load_(load), arg_(arg) {}
  ChangeSink(Watch watch, void* arg) : watch_(watch), arg_(arg) {}

  // False when no more is wanted (load() only).
  bool give(const StoreChange& change) const {
    const limen_store_change raw{to_abi(change.key), to_abi(change.value),   change.revision,
                                 change.created,     change.removed ? 1 : 0, 0};
    if (load_ != nullptr) return load_(arg_, &raw) == 0;
    watch_(arg_, &raw);
    return true;
  }

 private:
  Load load_ = nullptr;
  Watch watch_ = nullptr;
  void* arg_ = nullptr;
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

  // All of it is durable: one revision an op, 0 for one whose key was not at the expected revision.
  void succeed(const std::vector<std::int64_t>& revisions) {
    if (Done done = std::exchange(done_, nullptr)) {
      done(arg_, LIMEN_OK, limen_str{}, revisions.data(), revisions.size());
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

// A driver. The host calls one function at a time, in the order open, load, watch, then commit and
// compact.
class Store : public Plugin {
 public:
  virtual Result<StoreState> open() = 0;
  // Return an Error with LIMEN_E_CANCELLED when the sink wants no more.
  virtual Result<void> load(const ChangeSink& sink) = 0;
  virtual void commit(Commit commit) = 0;
  // The revision that was reached.
  virtual Result<std::int64_t> compact(std::int64_t revision, std::size_t limit) = 0;
  // Override it, publicly, in a driver that shares its data with other servers.
  virtual Result<void> watch(const ChangeSink&) { return {}; }
};

namespace detail {

template <class T>
struct StoreKind {
  static constexpr const char* kId = LIMEN_KIND_STORE;
  using Self = limen::detail::Instance<T, StoreKind>;
  static constexpr bool kWatches =
      !std::is_same_v<decltype(&T::watch), Result<void> (Store::*)(const ChangeSink&)>;

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
      if (state.ok()) *out = {state->revision, state->compacted};
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
                            void (*changed)(void*, const limen_store_change*), void* arg) noexcept {
    return guard(nullptr, [&] {
      return error_of(Self::of(plugin).object->watch(ChangeSink(changed, arg)));
    });
  }
  static const void* extension(std::string_view id) {
    static constexpr limen_store kTable{
        sizeof(limen_store), 0, &open, &load, &commit, &compact, kWatches ? &watch : nullptr};
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
