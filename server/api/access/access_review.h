// AccessReview of access.limen.io: a SubjectAccessReview that says why.
//
// Its status has, beside the outcome, every step of the chain in order: verdict, reason, the rule
// that matched, what nearly matched, and the time it took. Thread rule: the request's loop.
#pragma once

#include "api/virtual_resources.h"

namespace limen::api::access {

// Throws 403 for a caller without the verb `explain` on accessreviews of the name of the user asked
// about; to them it says no more than any refusal does.
base::Task<object::Json> access_review(const VirtualRequest& request);

}  // namespace limen::api::access
