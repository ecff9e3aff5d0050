// What a pod asks for, as the scheduler, quotas and limits reckon it.
#pragma once

#include <map>
#include <string>

#include "limen/cpp/node.hpp"
#include "limen/cpp/quantity.hpp"

namespace limen::plugins {

using Amounts = std::map<std::string, Quantity>;  // by resource name

// The amounts of an API ResourceList; what cannot be read counts as nothing.
Amounts read_amounts(const Node& list);
void add(Amounts& to, const Amounts& more);
// Each name with the larger of both amounts.
void raise(Amounts& to, const Amounts& other);

// The sum of what the pod's containers name in `resources.<list>` ("requests" or "limits"): all
// regular containers run together, with the init containers that keep running (restartPolicy
// Always); the other init containers run one after another before, beside those that keep running
// already. What the pod as a whole names (spec.resources) counts in place of the sum.
Amounts pod_total(const Node& spec, const char* list);

// True when the pod asks for neither processor time nor memory and is bounded in neither: its
// quality of service is BestEffort. What the pod as a whole names (spec.resources) counts in place
// of what its containers do.
bool is_best_effort(const Node& spec);

}  // namespace limen::plugins
