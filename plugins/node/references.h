// What pods and volumes refer to, and so what a node has to read to run them (row Z11).
//
// Pure functions; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "limen/cpp/plugin.hpp"

namespace limen::node_authorizer {

// Kinds of objects that a pod refers to in its own namespace.
enum class Kind : std::uint8_t { secret, config_map, claim, resource_claim, service_account };
inline constexpr std::size_t kKinds = 5;

struct Reference {
  Kind kind;
  std::string name;
  auto operator<=>(const Reference&) const = default;
};

// A pod that is bound to a node.
struct PodUse {
  std::string ns, name, node;
  std::vector<Reference> references;  // each once
};
// Nothing for a pod that has no node yet. A mirror pod refers to nothing: the node itself made it.
std::optional<PodUse> read_pod(Node pod);

struct SecretName {
  std::string ns, name;
  auto operator<=>(const SecretName&) const = default;
};

// A persistent volume that is for a claim.
struct VolumeUse {
  std::string name, claim_ns, claim;
  std::vector<SecretName> secrets;  // those that a node needs; each once
};
// Nothing for a volume without a claim.
std::optional<VolumeUse> read_volume(Node volume);

}  // namespace limen::node_authorizer
