#include "pipeline/impersonation.h"

#include <utility>

#include "authz/attributes.h"
#include "pipeline/impersonation_headers.h"
#include "pipeline/impersonation_modes.h"

namespace limen::pipeline {

base::Task<void> impersonate(request::RequestContext& context, const authz::Chain& authz) {
  const std::optional<request::Identity> wanted = wanted_identity(context.head());
  if (!wanted) co_return;
  const authz::Attributes attributes = authz::attributes_of(context.info, context.user);
  Impersonated impersonated = co_await find_impersonated(*wanted, attributes, authz, context.scope);
  context.impersonator = std::move(context.user);
  context.user = std::move(impersonated.user);
  if (context.audit) context.audit->impersonation_constraint = std::move(impersonated.constraint);
}

}  // namespace limen::pipeline
