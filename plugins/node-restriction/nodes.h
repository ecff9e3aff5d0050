// Nodes: a node keeps its own object, but not what steers pods to it.
#pragma once

#include "verdict.h"

namespace limen::node_restriction {

// nodes and nodes/status.
Verdict judge_nodes(const NodeRequest& request);

}  // namespace limen::node_restriction
