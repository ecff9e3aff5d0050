// A write that turns out to create an object needs the right to create as well.
#pragma once

#include "api/call.h"
#include "base/task.h"

namespace limen::api {

// Throws ApiError 403. Thread rule: the request's loop.
base::Task<void> require_create(Call& call);

}  // namespace limen::api
