// What a pod needs of the API: a mirror pod may need nothing, or a node could read any secret by
// making a pod that uses it. Pure functions; any thread.
#pragma once

#include <limen/cpp/node.hpp>
#include <string>

namespace limen::node_restriction {

struct ApiReference {
  std::string resource;  // as messages tell it; empty: the pod refers to nothing
  std::string error;     // a volume of a kind that is not known
};

// The first one found in the pod.
ApiReference find_api_reference(const Node& pod);

}  // namespace limen::node_restriction
