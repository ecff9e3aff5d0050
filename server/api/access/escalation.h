// Nobody gives away more than they have: the check on writes of roles and bindings (row Z8).
//
// A role may say only what its writer holds, or may `escalate`; a binding may name only a role
// whose rules its writer holds, or may `bind`. Members of system:masters may do both. It is asked
// on every way an object gets into the store, after the mutating controllers. Thread rule: the
// request's loop.
#pragma once

#include "api/call.h"
#include "base/task.h"
#include "object/document.h"

namespace limen::api::access {

// True for the resources whose objects grant rights; others need no check.
bool grants_rights(const catalog::Resource& resource);

// Throws 403 with kube-apiserver's text when `object`, which is to replace `old` (null on create),
// grants what the user does not hold; 404 when a binding names a role that does not exist.
base::Task<void> refuse_escalation(Call& call, const object::Json& object, const object::Json* old);

}  // namespace limen::api::access
