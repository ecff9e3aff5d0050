// Judge: what a node may do (row Z11). The texts are kube-apiserver's.
//
// A pure function of the graph; any thread.
#pragma once

#include <string>
#include <string_view>

#include "graph.h"
#include "limen/cpp/plugin.hpp"

namespace limen::node_authorizer {

struct Opinion {
  bool allowed = false;
  std::string reason;     // of not allowing; may be empty
  const char* rule = "";  // of allowing: why, for audit
};

// `node` is the name of the node that asks.
Opinion judge(const Graph& graph, std::string_view node, const Attributes& asked);

}  // namespace limen::node_authorizer
