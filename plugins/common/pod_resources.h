// What a pod asks for, as the scheduler, quotas and limits reckon it.
#pragma once

#include "limen/cpp/node.hpp"
#include "limen/cpp/quota_pods.hpp"

namespace limen::plugins {

using quota::add;
using quota::Amounts;
using quota::raise;
using quota::read_amounts;

// The sum of what the pod's containers name in `resources.<list>` ("requests" or "limits"), as
// quota::sum_of_containers() reckons it. What the pod as a whole names (spec.resources) counts in
// place of the sum.
Amounts pod_total(const Node& spec, const char* list);

// True when the pod asks for neither processor time nor memory and is bounded in neither: its
// quality of service is BestEffort. What the pod as a whole names (spec.resources) counts in place
// of what its containers do.
bool is_best_effort(const Node& spec);

}  // namespace limen::plugins
