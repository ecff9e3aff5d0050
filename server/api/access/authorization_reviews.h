// May I, may they, and what may I: the reviews of authorization.k8s.io.
#pragma once

#include "api/virtual_resources.h"

namespace limen::api::access {

base::Task<object::Json> subject_access_review(const VirtualRequest& request);
base::Task<object::Json> self_subject_access_review(const VirtualRequest& request);
base::Task<object::Json> local_subject_access_review(const VirtualRequest& request);
base::Task<object::Json> self_subject_rules_review(const VirtualRequest& request);

}  // namespace limen::api::access
