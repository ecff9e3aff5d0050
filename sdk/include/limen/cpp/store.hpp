// Store: a storage driver (draft, see limen/draft/store.h).
//
//   class Disk final : public limen::Store { ... };
//   LIMEN_EXPORT_MODULE(limen::store<Disk>({.id = "disk", .version = "1.0.0"}))
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limen/cpp/module.hpp"
#include "limen/cpp/plugin_base.hpp"
#include "limen/cpp/store_copies.hpp"
#include "limen/cpp/text.hpp"
#include "limen/draft/store.h"

namespace limen {

struct StoreState {
  std::int64_t revision = 1;   // of the newest change
  std::int64_t compacted = 0;  // changes up to this one have been forgotten
};

struct StoreChange {
  std::string_view key;
  std::string_view value;
  std::int64_t revision = 0;
  std::int64_t created = 0;
  bool removed = false;
};

// A view of an op as the host gave it.
class StoreOp {
 public:
  explicit StoreOp(const limen_store_op& op) : op_(&op) {}
  std::string_view key() const { return to_view(op_->key); }
  std::string_view value() const { return to_view(op_->value); }
  std::int64_t expected() const { return op_->expected; }
  bool remove() const { return op_->remove != 0; }
  std::int32_t ttl() const { return op_->ttl; }  // seconds; 0: it stays

 private:
  const limen_store_op* op_;
};

// The ops of one batch.
class StoreBatch {
 public:
  StoreBatch(const limen_store_op* ops, std::size_t count) : ops_(ops), count_(count) {}
  std::size_t size() const { return count_; }
  StoreOp operator[](std::size_t index) const { return StoreOp(ops_[index]); }

 private:
  const limen_store_op* ops_;
  std::size_t count_;
};

// All functions are called one at a time; open() first. What they throw is an error as a returned
// one is. This class is for drivers that commit inside the call and are alone on their data.
class Store : public Plugin {
 public:
  virtual Result<StoreState> open() = 0;
  // `each` returns false to be given no more.
  virtual Result<void> load(const std::function<bool(const StoreChange&)>& each) = 0;
  // One revision an op, 0 for an op whose key was not at the expected one; durable on return.
  virtual Result<std::vector<std::int64_t>> commit(const StoreBatch& batch) = 0;
  // Returns the revision reached.
  virtual Result<std::int64_t> compact(std::int64_t revision, std::size_t limit) = 0;
  // Has the next change get a revision greater than `revision`.
  virtual Result<void> advance(std::int64_t) {
    return Error{"this store cannot leave revisions out", LIMEN_E_UNSUPPORTED};
  }
};

namespace detail {

template <class T>
struct StoreKind {
  static constexpr const char* kId = LIMEN_KIND_STORE;
  using Self = Instance<T, StoreKind>;

  static limen_status tell(const limen_store_error* sink, const Error& error) {
    sink->set(sink->arg, to_abi(error.message));
    return error.status < 0 ? error.status : LIMEN_E_INTERNAL;
  }
  // Runs `body`; what it throws goes to the sink.
  template <class Body>
  static limen_status barrier(const limen_store_error* sink, Body&& body) noexcept {
    try {
      return body();
    } catch (const std::exception& error) {
      sink->set(sink->arg, to_abi(error.what()));
    } catch (...) {
      sink->set(sink->arg, to_abi("unknown exception"));
    }
    return LIMEN_E_INTERNAL;
  }

  static limen_status open(const limen_plugin* plugin, limen_store_state* out,
                           const limen_store_error* error) noexcept {
    return barrier(error, [&]() -> limen_status {
      const Result<StoreState> state = Self::of(plugin).object->open();
      if (!state.ok()) return tell(error, state.error());
      *out = {state->revision, state->compacted, {}};
      return LIMEN_OK;
    });
  }
  static limen_status load(const limen_plugin* plugin,
                           int32_t (*each)(void*, const limen_store_change*), void* arg,
                           const limen_store_error* error) noexcept {
    return barrier(error, [&]() -> limen_status {
      bool stopped = false;
      const Result<void> loaded = Self::of(plugin).object->load([&](const StoreChange& change) {
        const limen_store_change raw{to_abi(change.key), to_abi(change.value),   change.revision,
                                     change.created,     change.removed ? 1 : 0, 0};
        stopped = each(arg, &raw) != 0;
        return !stopped;
      });
      if (!loaded.ok()) return tell(error, loaded.error());
      return stopped ? LIMEN_E_CANCELLED : LIMEN_OK;
    });
  }
  static void commit(const limen_plugin* plugin, const limen_store_op* ops, size_t count,
                     void (*done)(void*, limen_status, limen_str, const int64_t*, size_t),
                     void* arg) noexcept {
    std::string text;
    const limen_store_error error{sizeof(limen_store_error), 0, &keep, &text};
    std::vector<std::int64_t> revisions;
    const limen_status status = barrier(&error, [&]() -> limen_status {
      Result<std::vector<std::int64_t>> result =
          Self::of(plugin).object->commit(StoreBatch(ops, count));
      if (!result.ok()) return tell(&error, result.error());
      revisions = std::move(result).value();
      return LIMEN_OK;
    });
    done(arg, status, to_abi(text), revisions.data(), revisions.size());
  }
  static limen_status compact(const limen_plugin* plugin, int64_t revision, size_t limit,
                              int64_t* reached, const limen_store_error* error) noexcept {
    return barrier(error, [&]() -> limen_status {
      const Result<std::int64_t> result = Self::of(plugin).object->compact(revision, limit);
      if (!result.ok()) return tell(error, result.error());
      *reached = *result;
      return LIMEN_OK;
    });
  }
  static limen_status advance(const limen_plugin* plugin, int64_t revision,
                              const limen_store_error* error) noexcept {
    return barrier(error, [&]() -> limen_status {
      const Result<void> result = Self::of(plugin).object->advance(revision);
      return result.ok() ? LIMEN_OK : tell(error, result.error());
    });
  }
  static void keep(void* arg, limen_str message) {
    *static_cast<std::string*>(arg) = to_view(message);
  }

  static const void* extension(std::string_view id) {
    static constexpr limen_store kTable{
        sizeof(limen_store), 0, &open, &load, &commit, &compact, nullptr, nullptr, &advance};
    if constexpr (std::is_base_of_v<StoreCopies, T>) {
      if (id == LIMEN_STORE_COPIES) return StoreCopiesTable<Self>::table();
    }
    return id == LIMEN_KIND_STORE ? &kTable : nullptr;
  }
};

}  // namespace detail

template <class T>
detail::PluginType store(const Info& info) {
  static_assert(std::is_base_of_v<Store, T>);
  return detail::plugin_type<T, detail::StoreKind<T>>(info);
}

}  // namespace limen
