#include "node_counts.h"

#include <algorithm>
#include <functional>

namespace limen::node_authorizer {

namespace {

// The first that is not before `node`.
template <class Counts>
auto find(Counts& counts, const NodeEntry* node) {
  return std::lower_bound(counts.begin(), counts.end(), node,
                          [](const auto& entry, const NodeEntry* wanted) {
                            return std::less<const NodeEntry*>()(entry.first, wanted);
                          });
}

}  // namespace

bool NodeCounts::add(NodeRef node) {
  const auto place = find(counts_, node);
  if (place != counts_.end() && place->first == node) {
    ++place->second;
    return false;
  }
  counts_.insert(place, {node, 1});
  return true;
}

bool NodeCounts::remove(NodeRef node) {
  const auto place = find(counts_, node);
  if (place == counts_.end() || place->first != node || --place->second > 0) return false;
  counts_.erase(place);
  return true;
}

bool NodeCounts::has(const NodeEntry* node) const {
  const auto place = find(counts_, node);
  return place != counts_.end() && place->first == node;
}

}  // namespace limen::node_authorizer
