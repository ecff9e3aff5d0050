// Who am I, and whose is this token: the reviews of authentication.k8s.io.
#pragma once

#include "api/access/review.h"

namespace limen::api::access {

base::Task<object::Json> self_subject_review(object::Json object, request::RequestContext& context,
                                             const AccessChains& chains);
base::Task<object::Json> token_review(object::Json object, request::RequestContext& context,
                                      const AccessChains& chains);

// authentication.k8s.io UserInfo.
boost::json::object user_info(const request::Identity& identity);

}  // namespace limen::api::access
