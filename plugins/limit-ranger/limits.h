// What a LimitRange forbids, in kube-apiserver's words. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "limen/cpp/node.hpp"

namespace limen::limit_ranger {

// Every complaint of one LimitRange about a pod, or about a persistent volume claim.
std::vector<std::string> pod_complaints(const Node& range, const Node& pod);
std::vector<std::string> claim_complaints(const Node& range, const Node& claim);

}  // namespace limen::limit_ranger
