// StoreCopies: backup and restore by a store module that offers them (limen.store-copies/0).
//
// The instance is started and its store not opened: another process, the server, may have it.
// Thread rule: one call at a time. Errors: StoreCopyError.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace limen::modules {

class ModuleInstance;

// What a copy holds.
struct StoreReport {
  std::int64_t revision = 0;   // of the newest change
  std::int64_t compacted = 0;  // changes up to this one have been forgotten
  std::int64_t keys = 0;
  std::int64_t changes = 0;  // those of the keys included
};

class StoreCopyError : public std::runtime_error {
 public:
  enum class Why { failed, in_use, not_empty };
  StoreCopyError(Why why, const std::string& text) : std::runtime_error(text), why_(why) {}
  Why why() const { return why_; }

 private:
  Why why_;
};

class StoreCopies {
 public:
  // `instance` was made by Runtime::start_store; who made it retires it after this has gone.
  // Throws StoreCopyError when the module offers no copies.
  explicit StoreCopies(std::shared_ptr<ModuleInstance> instance);

  // See limen/draft/store_copies.h for what each promises.
  StoreReport save(const std::string& file);
  StoreReport verify(const std::string& file);
  StoreReport restore(const std::string& file, bool replace, std::int64_t advance);

 private:
  std::shared_ptr<ModuleInstance> instance_;
  const void* table_;
};

}  // namespace limen::modules
