// The pages that are about the server itself and not of the API: /healthz, /livez, /readyz,
// /metrics and what is below /debug/api_priority_and_fairness/. They pass every stage like any
// other request.
#pragma once

#include "fairness/fairness.h"
#include "observability/health.h"
#include "request/context.h"

namespace limen::app {

// Answers when the path is one of them; false, and nothing done, when it is not. `fairness`: null
// when it is off.
bool answer_own_page(request::RequestContext& context, const health::Health& health,
                     const fairness::Fairness* fairness);

}  // namespace limen::app
