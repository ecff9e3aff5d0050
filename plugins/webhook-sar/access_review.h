// SubjectAccessReview of authorization.k8s.io, v1 and v1beta1, as it travels to a webhook and back.
#pragma once

#include <cstddef>
#include <limen/cpp/authorizer.hpp>
#include <string>
#include <string_view>

#include "common/review_answer.h"

namespace limen::plugins {

// The status of a review.
struct AccessVerdict {
  bool allowed = false, denied = false;  // neither: no opinion
  std::string reason;
  std::string evaluation_error;  // what the webhook could not find out
};

// The question, member for member and in the order of kube-apiserver's. The same attributes make
// the same text. Throws ReviewError when they cannot be written as JSON, which is UTF-8.
// `version` is v1 or v1beta1.
std::string access_review(std::string_view version, const Attributes& attributes);

// The answer. Throws ReviewError, in whose words nothing of the answer is.
AccessVerdict parse_access_review(std::string_view version, std::string_view answer);

// How many bytes of the attributes are of the requester's own choosing.
std::size_t requested_bytes(const Attributes& attributes);

}  // namespace limen::plugins
