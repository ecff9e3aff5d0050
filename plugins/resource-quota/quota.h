// A ResourceQuota as the module reckons with it. A value; any thread.
#pragma once

#include <string>
#include <vector>

#include "limen/cpp/node.hpp"
#include "limen/cpp/quota_usage.hpp"

namespace limen::resource_quota {

struct Quota {
  std::string name, version;  // version: the resourceVersion at which it was read
  std::vector<quota::ScopeRule> scopes;
  quota::Amounts wanted;      // spec.hard
  quota::Amounts hard, used;  // as its status has them

  // Housekeeping has taken over what the spec says.
  bool is_settled() const { return wanted == hard; }
};

Quota read_quota(const Node& object);

// What the status is to be.
std::string status_json(const Quota& quota);

// "a=1,b=2", sorted by name.
std::string shown(const quota::Amounts& amounts);

}  // namespace limen::resource_quota
