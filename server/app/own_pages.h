// The pages that are about the server itself and not of the API: /healthz, /livez, /readyz and
// /metrics. They pass every stage like any other request.
#pragma once

#include "observability/health.h"
#include "request/context.h"

namespace limen::app {

// Answers when the path is one of them; false, and nothing done, when it is not.
bool answer_own_page(request::RequestContext& context, const health::Health& health);

}  // namespace limen::app
