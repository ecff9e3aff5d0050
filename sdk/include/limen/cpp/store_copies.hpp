// StoreCopies: backup and restore for a storage driver (draft, see limen/draft/store_copies.h).
//
//   class Disk final : public limen::Store, public limen::StoreCopies { ... };
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "limen/cpp/result.hpp"
#include "limen/cpp/text.hpp"
#include "limen/draft/store_copies.h"

namespace limen {

struct StoreReport {
  std::int64_t revision = 1;
  std::int64_t compacted = 0;
  std::int64_t keys = 0;
  std::int64_t changes = 0;
};

struct StoreRestore {
  bool replace = false;
  std::int64_t advance = 0;
};

// Beside Store, of the same class. Called one at a time, with or without an open store. What the
// functions throw is an error as a returned one is.
class StoreCopies {
 public:
  StoreCopies() = default;
  StoreCopies(const StoreCopies&) = delete;
  StoreCopies& operator=(const StoreCopies&) = delete;
  virtual ~StoreCopies() = default;

  virtual Result<StoreReport> save(std::string_view file) = 0;
  virtual Result<StoreReport> verify(std::string_view file) = 0;
  virtual Result<StoreReport> restore(std::string_view file, const StoreRestore& options) = 0;
};

namespace detail {

// The table of a plugin whose objects are StoreCopies. `Self::of(plugin).object` is one.
template <class Self>
struct StoreCopiesTable {
  template <class Body>
  static limen_status guarded(limen_store_report* out, const limen_store_error* sink,
                              Body&& body) noexcept {
    try {
      const Result<StoreReport> done = body();
      if (!done.ok()) {
        sink->set(sink->arg, to_abi(done.error().message));
        return done.error().status < 0 ? done.error().status : LIMEN_E_INTERNAL;
      }
      if (out->struct_size >= sizeof(limen_store_report)) {
        out->revision = done->revision;
        out->compacted = done->compacted;
        out->keys = done->keys;
        out->changes = done->changes;
      }
      return LIMEN_OK;
    } catch (const std::exception& error) {
      sink->set(sink->arg, to_abi(error.what()));
    } catch (...) {
      sink->set(sink->arg, to_abi("unknown exception"));
    }
    return LIMEN_E_INTERNAL;
  }

  static limen_status save(const limen_plugin* plugin, limen_str file, limen_store_report* out,
                           const limen_store_error* sink) noexcept {
    return guarded(out, sink, [&] { return Self::of(plugin).object->save(to_view(file)); });
  }
  static limen_status verify(const limen_plugin* plugin, limen_str file, limen_store_report* out,
                             const limen_store_error* sink) noexcept {
    return guarded(out, sink, [&] { return Self::of(plugin).object->verify(to_view(file)); });
  }
  static limen_status restore(const limen_plugin* plugin, limen_str file,
                              const limen_store_restore* options, limen_store_report* out,
                              const limen_store_error* sink) noexcept {
    return guarded(out, sink, [&] {
      StoreRestore wanted;
      wanted.replace = options->replace != 0;
      wanted.advance = options->advance;
      return Self::of(plugin).object->restore(to_view(file), wanted);
    });
  }

  static const void* table() {
    static constexpr limen_store_copies kTable{sizeof(limen_store_copies), 0, &save, &verify,
                                               &restore};
    return &kTable;
  }
};

}  // namespace detail

}  // namespace limen
