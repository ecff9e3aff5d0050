// Who am I, and whose is this token: the reviews of authentication.k8s.io.
#pragma once

#include "api/virtual_resources.h"

namespace limen::api::access {

base::Task<object::Json> self_subject_review(const VirtualRequest& request);
base::Task<object::Json> token_review(const VirtualRequest& request);

// authentication.k8s.io UserInfo.
boost::json::object user_info(const request::Identity& identity);

}  // namespace limen::api::access
