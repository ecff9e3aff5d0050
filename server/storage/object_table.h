// ObjectTable: the objects of one resource in key order (namespace, then name).
//
// A sorted sequence cut into blocks: a few bytes an object beside the object itself, quick to walk,
// and the place of an object in the order is known without walking. No thread rule of its own: its
// owner locks.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "storage/store.h"

namespace limen::storage {

// Orders keys as lists do.
inline bool key_less(std::string_view left_ns, std::string_view left_name,
                     std::string_view right_ns, std::string_view right_name) {
  const int order = left_ns.compare(right_ns);
  return order < 0 || (order == 0 && left_name < right_name);
}

class ObjectTable {
 public:
  // An object's place, or the end. Valid until the table changes.
  struct Place {
    std::size_t block = 0, index = 0;
    bool operator==(const Place&) const = default;
  };

  std::size_t size() const { return size_; }
  ObjectPtr find(std::string_view ns, std::string_view name) const;  // null: none
  // Stores under the object's own key; returns what was there, or null.
  ObjectPtr put(ObjectPtr object);
  // Returns what was there, or null.
  ObjectPtr erase(std::string_view ns, std::string_view name);

  Place begin() const { return {}; }
  Place end() const { return {blocks_.size(), 0}; }
  const ObjectPtr& at(Place place) const { return blocks_[place.block][place.index]; }
  Place next(Place place) const;
  // The first object whose key is not before (ns, name), or is after it.
  Place lower_bound(std::string_view ns, std::string_view name) const;
  Place upper_bound(std::string_view ns, std::string_view name) const;
  // The first object behind all of this namespace.
  Place end_of(std::string_view ns) const;
  // How many objects come before `place`.
  std::size_t rank(Place place) const;

 private:
  using Block = std::vector<ObjectPtr>;
  static constexpr std::size_t kBlock = 256;

  template <class IsBefore>
  Place partition(IsBefore is_before) const;
  void split(std::size_t block);

  std::vector<Block> blocks_;  // none is empty
  std::size_t size_ = 0;
};

}  // namespace limen::storage
