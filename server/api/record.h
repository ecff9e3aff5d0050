// What verbs leave for the audit log: the bodies of requests and answers, as far as the policy
// wants them. All of it is nothing for a request that is not recorded. Thread rule: the request's
// loop.
#pragma once

#include <string_view>
#include <vector>

#include "api/call.h"
#include "object/document.h"

namespace limen::api {

// An object as it was sent, before anything was filled in. Its metadata complete the reference to
// the object that the URL gives.
void record_object(Call& call, const object::Json& object);
// A body that is no object of the resource: options, a patch.
void record_body(Call& call, const object::Json& body);
// The answer as JSON, before it is laid out for the client.
void record_answer(Call& call, const std::vector<transport::BodyPiece>& pieces);

}  // namespace limen::api
