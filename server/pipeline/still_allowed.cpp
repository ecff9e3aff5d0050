#include "pipeline/still_allowed.h"

#include <chrono>
#include <utility>

#include "authz/attributes.h"
#include "pipeline/impersonation_headers.h"
#include "pipeline/impersonation_modes.h"
#include "pipeline/stages.h"

namespace limen::pipeline {

namespace {

// For all authorizers together, about one request.
constexpr std::chrono::seconds kTimeToAnswer(10);

}  // namespace

Begun begun(const request::RequestContext& context) {
  return {context.info, context.impersonator ? *context.impersonator : context.user,
          wanted_identity(context.head()), &context.scope.loop};
}

base::Task<std::optional<base::ApiError>> still_refused(Begun request,
                                                        api::AccessChainsPtr chains) {
  request::CallScope scope(*request.loop, base::SteadyClock::now() + kTimeToAnswer);
  try {
    if (request.wanted) {
      const authz::Attributes asked = authz::attributes_of(request.info, request.caller);
      Impersonated impersonated =
          co_await find_impersonated(*request.wanted, asked, chains->authz, scope);
      request.caller = std::move(impersonated.user);
    }
    const authz::Attributes attributes = authz::attributes_of(request.info, request.caller);
    const authz::Outcome outcome = co_await chains->authz.authorize(attributes, scope);
    if (outcome.allowed) co_return std::nullopt;
    co_return refusal(attributes, outcome);
  } catch (const base::ApiError& refused) {
    co_return refused;
  }
}

}  // namespace limen::pipeline
