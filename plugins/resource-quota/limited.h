// What may only be used where a quota covers it: the module's `limitedResources`.
//
// Immutable once read; any thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "limen/cpp/node.hpp"
#include "limen/cpp/quota_usage.hpp"

namespace limen::resource_quota {

class Limited {
 public:
  explicit Limited(const Node& config);

  bool empty() const { return rules_.empty(); }
  // Those names of what an object uses that some quota must cover.
  std::set<std::string> names(const quota::GroupResource& of, const quota::Amounts& used) const;
  // The scopes the object is in that some quota must be about. Of whatever resource a rule is: as
  // kube-apiserver has it.
  std::vector<quota::ScopeRule> scopes(const quota::GroupResource& of, const Node& object) const;

 private:
  struct Rule {
    quota::GroupResource of;
    std::vector<std::string> contains;
    std::vector<quota::ScopeRule> scopes;
  };
  std::vector<Rule> rules_;
};

}  // namespace limen::resource_quota
