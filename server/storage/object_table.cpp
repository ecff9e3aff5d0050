#include "storage/object_table.h"

#include <algorithm>
#include <utility>

namespace limen::storage {

template <class IsBefore>
ObjectTable::Place ObjectTable::partition(IsBefore is_before) const {
  // The first block whose last object is not before what is sought holds it.
  const auto block = std::partition_point(blocks_.begin(), blocks_.end(),
                                          [&](const Block& one) { return is_before(*one.back()); });
  if (block == blocks_.end()) return end();
  const auto object = std::partition_point(block->begin(), block->end(),
                                           [&](const ObjectPtr& one) { return is_before(*one); });
  return {static_cast<std::size_t>(block - blocks_.begin()),
          static_cast<std::size_t>(object - block->begin())};
}

ObjectTable::Place ObjectTable::lower_bound(std::string_view ns, std::string_view name) const {
  return partition(
      [&](const StoredObject& object) { return key_less(object.ns, object.name, ns, name); });
}

ObjectTable::Place ObjectTable::upper_bound(std::string_view ns, std::string_view name) const {
  return partition(
      [&](const StoredObject& object) { return !key_less(ns, name, object.ns, object.name); });
}

ObjectTable::Place ObjectTable::end_of(std::string_view ns) const {
  return partition([&](const StoredObject& object) { return object.ns <= ns; });
}

ObjectTable::Place ObjectTable::next(Place place) const {
  ++place.index;
  if (place.index == blocks_[place.block].size()) return {place.block + 1, 0};
  return place;
}

std::size_t ObjectTable::rank(Place place) const {
  std::size_t before = place.index;
  for (std::size_t block = 0; block < place.block; ++block) before += blocks_[block].size();
  return before;
}

ObjectPtr ObjectTable::find(std::string_view ns, std::string_view name) const {
  const Place place = lower_bound(ns, name);
  if (place == end()) return nullptr;
  const ObjectPtr& object = at(place);
  return object->ns == ns && object->name == name ? object : nullptr;
}

ObjectPtr ObjectTable::put(ObjectPtr object) {
  if (blocks_.empty()) {
    blocks_.emplace_back().push_back(std::move(object));
    ++size_;
    return nullptr;
  }
  Place place = lower_bound(object->ns, object->name);
  if (place == end()) {
    place = {blocks_.size() - 1, blocks_.back().size()};
  } else if (ObjectPtr& there = blocks_[place.block][place.index];
             there->ns == object->ns && there->name == object->name) {
    return std::exchange(there, std::move(object));
  }
  Block& block = blocks_[place.block];
  block.insert(block.begin() + static_cast<std::ptrdiff_t>(place.index), std::move(object));
  ++size_;
  if (block.size() > kBlock) split(place.block);
  return nullptr;
}

void ObjectTable::split(std::size_t index) {
  Block& full = blocks_[index];
  // Keys that only grow fill block after block instead of leaving each half empty.
  const bool last = index + 1 == blocks_.size();
  const auto middle = full.begin() + static_cast<std::ptrdiff_t>(last ? kBlock : kBlock / 2);
  Block upper(std::make_move_iterator(middle), std::make_move_iterator(full.end()));
  full.erase(middle, full.end());
  full.shrink_to_fit();
  blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(index + 1), std::move(upper));
}

ObjectPtr ObjectTable::erase(std::string_view ns, std::string_view name) {
  const Place place = lower_bound(ns, name);
  if (place == end()) return nullptr;
  Block& block = blocks_[place.block];
  if (block[place.index]->ns != ns || block[place.index]->name != name) return nullptr;
  ObjectPtr object = std::move(block[place.index]);
  block.erase(block.begin() + static_cast<std::ptrdiff_t>(place.index));
  --size_;
  if (block.empty()) blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(place.block));
  return object;
}

}  // namespace limen::storage
