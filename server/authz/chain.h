// The authorizer chain: the first Allow or Deny ends it; nobody allowing is a refusal.
//
// Rules of Kubernetes' union (rows Z1 to Z4): `system:masters` may do everything before anybody is
// asked; no-opinion reasons are joined by newlines; an error with nobody allowing is told apart, so
// that the caller can answer 500. One chain per generation; immutable; any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "authz/authorizer.h"

namespace limen::authz {

struct Outcome {
  bool allowed = false;
  bool denied = false;  // somebody said Deny, as against nobody having an opinion
  std::string reason;
  std::string error;  // joined errors; with allowed false the answer is 500
  std::string by;     // the instance that decided; "system:masters" for the superuser rule
};

// One that was asked, or would have been, on the way to an outcome.
struct Step {
  std::string name, module;  // the superuser rule is no module: its name is "system:masters"
  bool asked = false;        // false: an earlier one had decided
  Result result = {};        // when asked; with a basis if the authorizer gave one
  std::chrono::microseconds took{0};  // rounded up
};

struct Explanation {
  Outcome outcome;
  std::vector<Step> steps;  // the superuser rule, then every authorizer in its order
};

class Chain {
 public:
  Chain() = default;
  explicit Chain(std::vector<std::shared_ptr<Authorizer>> authorizers);

  base::Task<Outcome> authorize(const Attributes& attributes, request::CallScope& scope) const;
  // The same outcome with everything that led to it. The authorizers are told that nothing is done
  // by it.
  base::Task<Explanation> explain(Attributes attributes, request::CallScope& scope) const;
  // What the authorizers say, one after another and as often as they say it: clients merge such
  // lists. As in Kubernetes the superuser rule adds nothing of its own.
  base::Task<Rules> rules_for(const request::Identity& user, const std::string& ns,
                              request::CallScope& scope) const;
  const std::vector<std::shared_ptr<Authorizer>>& authorizers() const { return authorizers_; }

 private:
  std::vector<std::shared_ptr<Authorizer>> authorizers_;
};

// The text of a refusal: `User "u" cannot get resource "pods" in API group "" in the namespace
// "ns"` or `User "u" cannot get path "/x"` (row Z2).
std::string forbidden_message(const Attributes& attributes);

}  // namespace limen::authz
