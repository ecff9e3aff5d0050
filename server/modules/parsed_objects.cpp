#include "modules/parsed_objects.h"

#include <utility>

namespace limen::modules {

object::Document ParsedObjects::of(const storage::ObjectPtr& object) {
  if (object->json.size() > kMaxBytes) return object::Document::parse(object->json);
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(object.get());
    if (found != entries_.end()) return found->second.document;
  }
  object::Document document = object::Document::parse(object->json);
  Entry dropped;  // goes after the lock
  const std::lock_guard lock(mutex_);
  if (!entries_.try_emplace(object.get(), Entry{object, document}).second) return document;
  order_.push_back(object.get());
  if (order_.size() > kMaxObjects) {
    const auto oldest = entries_.find(order_.front());
    dropped = std::move(oldest->second);
    entries_.erase(oldest);
    order_.pop_front();
  }
  return document;
}

std::size_t ParsedObjects::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace limen::modules
