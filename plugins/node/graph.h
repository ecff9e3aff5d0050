// Graph: which objects have to do with which node, through the pods bound to it (row Z11).
//
//   pod -> node, what a pod refers to -> pod, volume -> its claim, secret -> volume,
//   volume attachment -> node, resource slice -> node
//
// Every object knows its nodes by count, also those at the end of a longer way, so that a question
// costs a look-up whatever runs elsewhere; a change pays for it. Any thread; a reader sees each
// change whole.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "node_counts.h"
#include "references.h"

namespace limen::node_authorizer {

// Objects that belong to one node as a whole.
enum class Owned : std::uint8_t { attachment, slice };

class Graph {
 public:
  Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // Each replaces what was known of the object; an object that was not known may be removed.
  void set_pod(const PodUse& pod);
  void remove_pod(std::string_view ns, std::string_view name);
  void set_volume(const VolumeUse& volume);
  void remove_volume(std::string_view name);
  void set_owned(Owned kind, const std::string& name, const std::string& node);
  void remove_owned(Owned kind, std::string_view name);

  bool has_object(std::string_view node, Kind kind, std::string_view ns,
                  std::string_view name) const;
  bool has_pod(std::string_view node, std::string_view ns, std::string_view name) const;
  bool has_volume(std::string_view node, std::string_view name) const;
  bool owns(std::string_view node, Owned kind, std::string_view name) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class Value>
  using Map = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  struct Object;
  using ObjectEntry = std::pair<const std::string, Object>;  // by "namespace/name"
  struct Volume {
    ObjectEntry* claim = nullptr;
    std::vector<ObjectEntry*> secrets;
  };
  // An object that is referred to. It need not exist.
  struct Object {
    Kind kind{};
    std::uint32_t pins = 0;        // pods and volumes that point here
    NodeCounts by_pods;            // one for each pod
    NodeCounts by_volumes;         // secrets: one for each volume whose claim the node uses
    std::vector<Volume*> volumes;  // claims: those that are for it
  };
  struct Pod {
    NodeRef node = nullptr;
    std::vector<ObjectEntry*> uses;
  };

  NodeRef take_node(const std::string& name);
  void give_back(NodeRef node);
  const NodeEntry* find_node(std::string_view name) const;
  ObjectEntry* pin(Kind kind, std::string_view ns, std::string_view name);
  void unpin(ObjectEntry* object);
  static void use(ObjectEntry* object, NodeRef node);
  void end_use(ObjectEntry* object, NodeRef node);
  void forget(Pod& pod);
  void forget(Volume& volume);

  mutable std::shared_mutex mutex_;
  Map<std::uint32_t> nodes_;  // those that anything rests on, and how much
  std::array<Map<Object>, kKinds> objects_;
  Map<Pod> pods_;
  Map<Volume> volumes_;
  std::array<Map<NodeRef>, 2> owned_;
};

}  // namespace limen::node_authorizer
