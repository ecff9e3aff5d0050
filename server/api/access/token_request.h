// serviceaccounts/NAME/token: a signed token for a service account (TokenRequest).
//
// What is asked for is checked here, in the words of kube-apiserver; the token comes from the
// issuer of the request's generation, which holds the keys. Thread rule: the request's loop.
#pragma once

#include "api/virtual_resources.h"

namespace limen::api::access {

// Throws ApiError: 404 for an account or bound object that is not there (and when nobody signs
// tokens), 409 for one with another UID, 422 for an expiration out of bounds, 400 for a binding
// that cannot be.
base::Task<object::Json> token_request(const VirtualRequest& request);

}  // namespace limen::api::access
