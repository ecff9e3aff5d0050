// Tokens of service accounts: a node gets those of the pods it runs, for whom these pods want them.
#pragma once

#include "verdict.h"

namespace limen::node_restriction {

// What a token request comes to without asking anybody.
struct TokenVerdict {
  Verdict verdict;
  // Not empty: the pod does not want a token for this audience, but its node may have the right to
  // one.
  std::optional<std::string> audience{};
};
TokenVerdict judge_token(const NodeRequest& request);

// Asks whether the node may have tokens for the audience, and ends the call. Return what this
// returns.
Result<void> ask_for_audience(const NodeRequest& request, const std::string& audience);

}  // namespace limen::node_restriction
