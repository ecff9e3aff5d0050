#include "api/create_right.h"

#include "authz/chain.h"
#include "base/api_error.h"

namespace limen::api {

base::Task<void> require_create(Call& call) {
  const authz::Attributes attributes = call.attributes("create", call.info().name);
  if (call.context.exchange().listener() == transport::Listener::local) co_return;
  const authz::Outcome outcome =
      co_await call.chains.authz.authorize(attributes, call.context.scope);
  if (outcome.allowed) co_return;
  throw base::ApiError::forbidden(attributes.group, attributes.resource, attributes.name,
                                  authz::forbidden_message(attributes));
}

}  // namespace limen::api
