// Pods: a node makes mirror pods of its own, and touches nobody else's.
#pragma once

#include "verdict.h"

namespace limen::node_restriction {

// pods, pods/status and pods/eviction.
Verdict judge_pods(const NodeRequest& request);

}  // namespace limen::node_restriction
