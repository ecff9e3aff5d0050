// ParsedObjects: stored objects as documents, the ones that are looked up again and again parsed
// once.
//
// Authenticators look at the same account and pod with every request. Bounded in number and in the
// size of an object; when full, the oldest goes. An object that has changed is another one to the
// store, so that nothing here is ever out of date. Any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "object/document.h"
#include "storage/store.h"

namespace limen::modules {

class ParsedObjects {
 public:
  static constexpr std::size_t kMaxObjects = 1024;
  static constexpr std::size_t kMaxBytes = 32 * 1024;  // larger ones are parsed every time

  // Throws what Document::parse throws.
  object::Document of(const storage::ObjectPtr& object);
  std::size_t size() const;

 private:
  struct Entry {
    storage::ObjectPtr object;  // keeps the address from being another object's
    object::Document document;
  };
  mutable std::mutex mutex_;
  std::unordered_map<const storage::StoredObject*, Entry> entries_;
  std::deque<const storage::StoredObject*> order_;  // oldest first
};

}  // namespace limen::modules
