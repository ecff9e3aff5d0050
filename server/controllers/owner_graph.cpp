#include "controllers/owner_graph.h"

#include <string>
#include <utility>

namespace limen::controllers {

namespace {

// Its value, or 16 for what is no lower-case hexadecimal digit.
unsigned digit_of(char byte) {
  if (byte >= '0' && byte <= '9') return static_cast<unsigned>(byte - '0');
  if (byte >= 'a' && byte <= 'f') return static_cast<unsigned>(byte - 'a') + 10;
  return 16;
}

Uid hash_of(std::string_view text) {
  const std::hash<std::string_view> hash;
  return {hash(text), hash(std::string(text) + '.')};
}

}  // namespace

Uid to_uid(std::string_view text) {
  constexpr std::size_t kLength = 36;
  if (text.size() != kLength) return hash_of(text);
  std::uint64_t words[2] = {0, 0};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < kLength; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return hash_of(text);
      continue;
    }
    const unsigned value = digit_of(text[i]);
    if (value > 15) return hash_of(text);
    std::uint64_t& word = words[digits++ / 16];
    word = word << 4U | value;
  }
  return {words[0], words[1]};
}

bool OwnerGraph::put(std::uint32_t resource, const storage::ObjectPtr& object,
                     std::vector<Owner> owners, std::vector<Uid>& unblocked) {
  const Uid self = to_uid(object->uid);
  const auto known = nodes_.find(self);
  if (owners.empty()) {
    if (known == nodes_.end()) return false;
    erase(self, unblocked);
    return true;
  }
  if (known == nodes_.end()) {
    link(nodes_.emplace(self, Node{object, resource, std::move(owners)}).first->second);
    return true;
  }
  Node& node = known->second;
  node.object = object;
  if (node.owners == owners) return false;
  Node before{nullptr, resource, std::exchange(node.owners, std::move(owners))};
  // What stays must not look unblocked in between.
  for (const Owner& owner : node.owners) {
    Dependents& list = dependents_[owner.uid];
    list.blocking += owner.blocks ? 1 : 0;
  }
  for (const Owner& owner : before.owners) {
    Dependents& list = dependents_[owner.uid];
    if (owner.blocks && --list.blocking == 0) unblocked.push_back(owner.uid);
    list.nodes.erase(&node);
  }
  for (const Owner& owner : node.owners) dependents_[owner.uid].nodes.insert(&node);
  for (const Owner& owner : before.owners) {
    const auto list = dependents_.find(owner.uid);
    if (list != dependents_.end() && list->second.nodes.empty()) dependents_.erase(list);
  }
  return true;
}

void OwnerGraph::erase(const Uid& uid, std::vector<Uid>& unblocked) {
  const auto known = nodes_.find(uid);
  if (known == nodes_.end()) return;
  unlink(known->second, unblocked);
  nodes_.erase(known);
}

void OwnerGraph::clear() {
  nodes_.clear();
  dependents_.clear();
}

std::size_t OwnerGraph::blocking(const Uid& owner) const {
  const auto list = dependents_.find(owner);
  return list == dependents_.end() ? 0 : list->second.blocking;
}

void OwnerGraph::for_each_dependent(const Uid& owner, const Visit& visit) const {
  const auto list = dependents_.find(owner);
  if (list == dependents_.end()) return;
  for (const Node* const node : list->second.nodes) visit(node->resource, node->object);
}

void OwnerGraph::link(const Node& node) {
  for (const Owner& owner : node.owners) {
    Dependents& list = dependents_[owner.uid];
    list.nodes.insert(&node);
    list.blocking += owner.blocks ? 1 : 0;
  }
}

void OwnerGraph::unlink(const Node& node, std::vector<Uid>& unblocked) {
  for (const Owner& owner : node.owners) {
    const auto list = dependents_.find(owner.uid);
    if (list == dependents_.end()) continue;
    list->second.nodes.erase(&node);
    if (owner.blocks && --list->second.blocking == 0) unblocked.push_back(owner.uid);
    if (list->second.nodes.empty()) dependents_.erase(list);
  }
}

}  // namespace limen::controllers
