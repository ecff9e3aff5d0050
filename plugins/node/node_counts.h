// NodeCounts: which nodes have to do with an object, and by how many ways each.
//
// A sorted list, so that one more node costs a few bytes even where a thousand share an object, and
// asking for one costs the logarithm of that. Not for several threads at once.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace limen::node_authorizer {

// A node as the graph knows it: its name, and how much of the graph rests on it.
using NodeEntry = std::pair<const std::string, std::uint32_t>;
using NodeRef = NodeEntry*;

class NodeCounts {
 public:
  bool add(NodeRef node);     // true: it was not there
  bool remove(NodeRef node);  // true: it is not there any more
  bool has(const NodeEntry* node) const;

  template <class Each>
  void for_each(Each each) const {
    for (const auto& [node, count] : counts_) each(node);
  }

 private:
  using Counts = std::vector<std::pair<NodeRef, std::uint32_t>>;
  Counts counts_;  // by address
};

}  // namespace limen::node_authorizer
