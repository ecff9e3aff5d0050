// The ways of being allowed to act as somebody else (KEP-5284).
//
// Four constrained modes are tried, then the old one:
//   associated-node  a service account's pod acts as the node it runs on
//   arbitrary-node   as any node
//   serviceaccount   as a service account
//   user-info        as anybody else, with groups, uid and extra values
//   legacy           as anybody, for everything: the verb `impersonate`
// A constrained mode asks two things: may the caller do this very request in this mode
// (`impersonate-on:MODE:VERB` on what is requested), and may it be whom it names
// (`impersonate:MODE` on users, groups, ... of authentication.k8s.io). The first mode that allows
// wins; when none does, the first refusal is the answer. Thread rule: the request's loop.
#pragma once

#include <string>

#include "authz/chain.h"
#include "base/task.h"

namespace limen::pipeline {

struct Impersonated {
  request::Identity user;  // whom the request acts as, with the groups that come with it
  std::string constraint;  // `impersonate:MODE`; empty for the old way
};

// `attributes` are those of the request, of the caller. Throws ApiError 403.
base::Task<Impersonated> find_impersonated(const request::Identity& wanted,
                                           const authz::Attributes& attributes,
                                           const authz::Chain& authz, request::CallScope& scope);

}  // namespace limen::pipeline
