// Authorizer: one opinion on whether an identity may do a thing.
//
// Implementations are modules (through the modules room) and, in tests, fakes. Any thread. The zero
// value of a result denies.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/task.h"
#include "request/call_scope.h"
#include "request/identity.h"

namespace limen::authz {

// One requirement of a selector. Equality is `in` with one value.
struct Requirement {
  enum class Op : std::uint8_t { in, not_in, exists, does_not_exist, greater_than, less_than };
  std::string key;
  Op op = Op::in;
  std::vector<std::string> values;  // of labels: sorted, each once
};

// The objects a list, watch or deletecollection is about (row Z12).
struct Selector {
  std::string text;                       // as sent
  std::vector<Requirement> requirements;  // all hold together
  std::string error;  // why there are fewer requirements than the text has; the question is broader
};

// Kubernetes' authorizer.Attributes.
struct Attributes {
  const request::Identity* user = nullptr;
  std::string verb;
  bool is_resource = false;
  std::string group, version, resource, subresource, ns,
      name;          // resource requests; group "" is core
  std::string path;  // non-resource requests
  Selector fields, labels;
  bool explain = false;  // asked so that a person understands the decision; nothing is done by it
  bool read_only() const { return verb == "get" || verb == "list" || verb == "watch"; }
};

enum class Verdict : int { deny = 0, allow = 1, no_opinion = 2 };

// What a verdict rests on, in the authorizer's own terms.
struct Basis {
  std::string rule;                                         // what decided; empty: not told
  std::vector<std::pair<std::string, std::string>> causes;  // key and value: "near-miss", ...
};

struct Result {
  Verdict verdict = Verdict::deny;
  std::string reason;
  std::string error;  // something failed on the way; the chain answers 500 when nobody allows
  std::shared_ptr<const Basis> basis = {};  // only of a question that explains, else null
};

struct ResourceRule {
  std::vector<std::string> verbs, api_groups, resources, resource_names;
};
struct NonResourceRule {
  std::vector<std::string> verbs, urls;
};
// For SelfSubjectRulesReview.
struct Rules {
  std::vector<ResourceRule> resource_rules;
  std::vector<NonResourceRule> non_resource_rules;
  bool incomplete = false;
  std::string error;
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  virtual const std::string& name() const = 0;
  // The module this is an instance of.
  virtual const std::string& module() const { return name(); }
  virtual base::Task<Result> authorize(const Attributes& attributes, request::CallScope& scope) = 0;
  // What `user` may do in `ns`; with "" only what holds in every namespace. One that cannot
  // enumerate answers incomplete with a reason.
  virtual base::Task<Rules> rules_for(const request::Identity& user, const std::string& ns,
                                      request::CallScope& scope) = 0;
};

}  // namespace limen::authz
