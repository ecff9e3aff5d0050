// Collections: the resources that have ever been stored or watched, by group-resource.
//
// Thread rule: any thread. A collection, once there, stays as long as this.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>

#include "storage/collection.h"

namespace limen::storage {

class Collections {
 public:
  Collections(Horizon& horizon, std::size_t log_bytes) : horizon_(horizon), log_bytes_(log_bytes) {}

  // Null when nothing was ever stored or watched there.
  Collection* find(const ResourceId& id) const;
  // Made when missing.
  Collection& at(const ResourceId& id);
  void for_each(const std::function<void(Collection&)>& visit) const;

 private:
  using Name = std::pair<std::string_view, std::string_view>;  // views of the collection's own id

  Horizon& horizon_;
  const std::size_t log_bytes_;
  mutable std::shared_mutex mutex_;
  std::map<Name, std::unique_ptr<Collection>> by_name_;
};

}  // namespace limen::storage
