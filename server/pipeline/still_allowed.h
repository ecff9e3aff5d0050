// Whether a request that is still running would be let in by the rights of now.
#pragma once

#include <optional>

#include "api/access_chains.h"
#include "base/api_error.h"
#include "base/task.h"
#include "request/context.h"

namespace limen::pipeline {

// What a request began with, as copies, since it may end before the answer is there.
struct Begun {
  request::RequestInfo info;
  request::Identity caller;                 // who was authenticated
  std::optional<request::Identity> wanted;  // who it asked to act as
  base::Executor* loop = nullptr;
};

Begun begun(const request::RequestContext& context);

// Why it would be refused, by impersonation or by the authorizers; nothing when it may go on. On
// the request's loop.
base::Task<std::optional<base::ApiError>> still_refused(Begun request, api::AccessChainsPtr chains);

}  // namespace limen::pipeline
