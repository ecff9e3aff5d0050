// What others verify service account tokens with: /.well-known/openid-configuration and
// /openid/v1/jwks, as the generation's token issuer words them.
//
// Authorized like every path that is no resource (role system:service-account-issuer-discovery);
// public enough to be cached for an hour by whoever got them. Thread rule: the request's loop.
#pragma once

#include "api/access_chains.h"
#include "base/task.h"
#include "request/context.h"

namespace limen::api {

// Answers when the path is one of them; false, and nothing done, when it is not. Throws ApiError:
// 404 when nobody publishes such a document, 405 for another method than GET and HEAD.
base::Task<bool> serve_issuer_document(request::RequestContext& context,
                                       const AccessChains& chains);

}  // namespace limen::api
