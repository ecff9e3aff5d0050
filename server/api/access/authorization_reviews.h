// May I, may they, and what may I: the reviews of authorization.k8s.io.
#pragma once

#include "api/access/review.h"

namespace limen::api::access {

base::Task<object::Json> subject_access_review(object::Json object,
                                               request::RequestContext& context,
                                               const AccessChains& chains);
base::Task<object::Json> self_subject_access_review(object::Json object,
                                                    request::RequestContext& context,
                                                    const AccessChains& chains);
base::Task<object::Json> local_subject_access_review(object::Json object,
                                                     request::RequestContext& context,
                                                     const AccessChains& chains);
base::Task<object::Json> self_subject_rules_review(object::Json object,
                                                   request::RequestContext& context,
                                                   const AccessChains& chains);

}  // namespace limen::api::access
