#include "storage/collections.h"

#include <mutex>

namespace limen::storage {

Collection* Collections::find(const ResourceId& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_name_.find(Name(id.resource, id.group));
  return found == by_name_.end() ? nullptr : found->second.get();
}

Collection& Collections::at(const ResourceId& id) {
  if (Collection* const found = find(id)) return *found;
  const std::unique_lock lock(mutex_);
  const auto found = by_name_.find(Name(id.resource, id.group));
  if (found != by_name_.end()) return *found->second;
  auto made = std::make_unique<Collection>(id, horizon_, log_bytes_);
  Collection& collection = *made;
  by_name_.emplace(Name(collection.id().resource, collection.id().group), std::move(made));
  return collection;
}

void Collections::for_each(const std::function<void(Collection&)>& visit) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [name, collection] : by_name_) visit(*collection);
}

}  // namespace limen::storage
