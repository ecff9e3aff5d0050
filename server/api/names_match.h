// The body of an update must be about the object the URL names.
#pragma once

#include "api/call.h"
#include "object/document.h"

namespace limen::api {

// Throws ApiError 400 with kube-apiserver's texts.
void check_names_match(const Call& call, const object::Json& object);

}  // namespace limen::api
