// The authorizer chain: the first Allow or Deny ends it; nobody allowing is a refusal.
//
// Rules of Kubernetes' union (rows Z1 to Z4): `system:masters` may do everything before anybody is
// asked; no-opinion reasons are joined by newlines; an error with nobody allowing is told apart, so
// that the caller can answer 500. One chain per generation; immutable; any thread.
#pragma once

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

class Chain {
 public:
  Chain() = default;
  explicit Chain(std::vector<std::shared_ptr<Authorizer>> authorizers);

  base::Task<Outcome> authorize(const Attributes& attributes, request::CallScope& scope) const;
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
