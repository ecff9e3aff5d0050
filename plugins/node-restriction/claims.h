// Persistent volume claims: a node reports how far a resize has got, and nothing else.
#pragma once

#include "verdict.h"

namespace limen::node_restriction {

// persistentvolumeclaims/status; all else of claims is refused.
Verdict judge_claims(const NodeRequest& request);

}  // namespace limen::node_restriction
