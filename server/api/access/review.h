// Access reviews: create-only resources whose answer is worked out, not stored.
//
// SelfSubjectReview and TokenReview ask the authenticators; the SubjectAccessReview family and
// SelfSubjectRulesReview ask the authorizers (rows A37, A38, Z16, Z17). A review is one function; a
// new one is one more row of the table in review.cpp.
#pragma once

#include <string_view>

#include "api/access_chains.h"
#include "base/task.h"
#include "object/document.h"
#include "request/context.h"

namespace limen::api::access {

// Takes the decoded request object and gives the whole object to answer with, its status filled in.
// Throws ApiError for an object that asks nothing or asks it wrongly.
using Review = base::Task<object::Json> (*)(object::Json object, request::RequestContext& context,
                                            const AccessChains& chains);

// Null for a resource that is not a review.
Review find_review(std::string_view group, std::string_view resource);

}  // namespace limen::api::access
