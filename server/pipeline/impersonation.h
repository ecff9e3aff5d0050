// Impersonation: acting as somebody else, for those who may (rows A39 and A40).
#pragma once

#include "authz/chain.h"
#include "base/task.h"
#include "request/context.h"

namespace limen::pipeline {

// Reads the Impersonate-* headers and, when the caller may impersonate all they name, replaces
// `context.user` and keeps the caller in `context.impersonator`. Throws 400 for headers that name
// no user, 403 for what the caller may not.
base::Task<void> impersonate(request::RequestContext& context, const authz::Chain& authz);

}  // namespace limen::pipeline
