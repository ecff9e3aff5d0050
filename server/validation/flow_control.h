// The objects of API Priority and Fairness that every server has: the mandatory ones, without which
// a request may belong nowhere, and the suggested ones, which an operator may change.
//
// They are kube-apiserver's, member by member, with every default filled in. Each has the
// annotation kAutoUpdateKey, which says whether the server keeps its spec as it is here. Thread
// rule: constant after the first call, any thread.
#pragma once

#include <string_view>
#include <vector>

#include "object/document.h"

namespace limen::validation {

inline constexpr std::string_view kFlowControlGroup = "flowcontrol.apiserver.k8s.io";
inline constexpr std::string_view kFlowSchemas = "flowschemas";
inline constexpr std::string_view kPriorityLevels = "prioritylevelconfigurations";
inline constexpr std::string_view kAutoUpdateKey = "apf.kubernetes.io/autoupdate-spec";
// The names of the mandatory ones, of both kinds.
inline constexpr std::string_view kExempt = "exempt";
inline constexpr std::string_view kCatchAll = "catch-all";

struct FlowControlObjects {
  // In the order in which a fresh server makes them; the mandatory ones first.
  std::vector<object::Json> priority_levels, flow_schemas;
};

const FlowControlObjects& flow_control_objects();

// The object of this name in one of the lists, or null.
const object::Json* find_named(const std::vector<object::Json>& objects, std::string_view name);

inline bool is_mandatory(std::string_view name) { return name == kExempt || name == kCatchAll; }

// True when two specs of one of these kinds say the same: what is absent counts as null, false or
// an empty list.
bool same_flow_control_spec(const object::Json* left, const object::Json* right);

}  // namespace limen::validation
