#include "graph.h"

#include <algorithm>
#include <mutex>

namespace limen::node_authorizer {

namespace {

std::string key_of(std::string_view ns, std::string_view name) {
  std::string key;
  key.reserve(ns.size() + 1 + name.size());
  return key.append(ns).append("/").append(name);
}

}  // namespace

// ---- changes; all under the lock

NodeRef Graph::take_node(const std::string& name) {
  NodeEntry& entry = *nodes_.try_emplace(name, 0).first;
  ++entry.second;
  return &entry;
}

void Graph::give_back(NodeRef node) {
  if (--node->second == 0) nodes_.erase(nodes_.find(node->first));
}

Graph::ObjectEntry* Graph::pin(Kind kind, std::string_view ns, std::string_view name) {
  ObjectEntry& entry =
      *objects_[static_cast<std::size_t>(kind)].try_emplace(key_of(ns, name)).first;
  entry.second.kind = kind;
  ++entry.second.pins;
  return &entry;
}

void Graph::unpin(ObjectEntry* object) {
  if (--object->second.pins > 0) return;
  Map<Object>& all = objects_[static_cast<std::size_t>(object->second.kind)];
  all.erase(all.find(object->first));
}

void Graph::use(ObjectEntry* object, NodeRef node) {
  if (!object->second.by_pods.add(node)) return;
  for (const Volume* volume : object->second.volumes) {
    for (ObjectEntry* secret : volume->secrets) secret->second.by_volumes.add(node);
  }
}

void Graph::end_use(ObjectEntry* object, NodeRef node) {
  if (object->second.by_pods.remove(node)) {
    for (const Volume* volume : object->second.volumes) {
      for (ObjectEntry* secret : volume->secrets) secret->second.by_volumes.remove(node);
    }
  }
  unpin(object);
}

void Graph::forget(Pod& pod) {
  if (pod.node == nullptr) return;
  for (ObjectEntry* object : pod.uses) end_use(object, pod.node);
  give_back(pod.node);
}

void Graph::forget(Volume& volume) {
  if (volume.claim == nullptr) return;
  Object& claim = volume.claim->second;
  claim.by_pods.for_each([&](NodeRef node) {
    for (ObjectEntry* secret : volume.secrets) secret->second.by_volumes.remove(node);
  });
  std::erase(claim.volumes, &volume);
  for (ObjectEntry* secret : volume.secrets) unpin(secret);
  unpin(volume.claim);
}

void Graph::set_pod(const PodUse& pod) {
  const std::unique_lock lock(mutex_);
  // The new state comes before the old one goes: most changes of a pod change nothing here, and
  // what both use then stays where it is.
  Pod fresh{take_node(pod.node), {}};
  fresh.uses.reserve(pod.references.size());
  for (const Reference& reference : pod.references) {
    ObjectEntry* object = pin(reference.kind, pod.ns, reference.name);
    use(object, fresh.node);
    fresh.uses.push_back(object);
  }
  Pod& known = pods_[key_of(pod.ns, pod.name)];
  std::swap(known, fresh);
  forget(fresh);
}

void Graph::remove_pod(std::string_view ns, std::string_view name) {
  const std::unique_lock lock(mutex_);
  const auto found = pods_.find(key_of(ns, name));
  if (found == pods_.end()) return;
  forget(found->second);
  pods_.erase(found);
}

void Graph::set_volume(const VolumeUse& volume) {
  const std::unique_lock lock(mutex_);
  Volume& known = volumes_[volume.name];
  forget(known);
  known = {pin(Kind::claim, volume.claim_ns, volume.claim), {}};
  for (const SecretName& secret : volume.secrets) {
    known.secrets.push_back(pin(Kind::secret, secret.ns, secret.name));
  }
  Object& claim = known.claim->second;
  claim.volumes.push_back(&known);
  claim.by_pods.for_each([&](NodeRef node) {
    for (ObjectEntry* secret : known.secrets) secret->second.by_volumes.add(node);
  });
}

void Graph::remove_volume(std::string_view name) {
  const std::unique_lock lock(mutex_);
  const auto found = volumes_.find(name);
  if (found == volumes_.end()) return;
  forget(found->second);
  volumes_.erase(found);
}

void Graph::set_owned(Owned kind, const std::string& name, const std::string& node) {
  const std::unique_lock lock(mutex_);
  NodeRef& known = owned_[static_cast<std::size_t>(kind)].try_emplace(name, nullptr).first->second;
  NodeRef old = std::exchange(known, take_node(node));
  if (old != nullptr) give_back(old);
}

void Graph::remove_owned(Owned kind, std::string_view name) {
  const std::unique_lock lock(mutex_);
  Map<NodeRef>& all = owned_[static_cast<std::size_t>(kind)];
  const auto found = all.find(name);
  if (found == all.end()) return;
  give_back(found->second);
  all.erase(found);
}

// ---- questions

// Null: nothing has to do with it.
const NodeEntry* Graph::find_node(std::string_view name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &*found;
}

bool Graph::has_object(std::string_view node, Kind kind, std::string_view ns,
                       std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const NodeEntry* entry = find_node(node);
  if (entry == nullptr) return false;
  const Map<Object>& all = objects_[static_cast<std::size_t>(kind)];
  const auto found = all.find(key_of(ns, name));
  if (found == all.end()) return false;
  return found->second.by_pods.has(entry) || found->second.by_volumes.has(entry);
}

bool Graph::has_pod(std::string_view node, std::string_view ns, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = pods_.find(key_of(ns, name));
  return found != pods_.end() && found->second.node->first == node;
}

bool Graph::has_volume(std::string_view node, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const NodeEntry* entry = find_node(node);
  const auto found = volumes_.find(name);
  return entry != nullptr && found != volumes_.end() &&
         found->second.claim->second.by_pods.has(entry);
}

bool Graph::owns(std::string_view node, Owned kind, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const Map<NodeRef>& all = owned_[static_cast<std::size_t>(kind)];
  const auto found = all.find(name);
  return found != all.end() && found->second->first == node;
}

}  // namespace limen::node_authorizer
