// SubjectAccessReview of authorization.k8s.io, v1 and v1beta1, as it travels to a webhook and back.
#pragma once

#include <chrono>
#include <cstddef>
#include <limen/cpp/authorizer.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace limen::plugins {

// The status of a review.
struct AccessVerdict {
  bool allowed = false, denied = false;  // neither: no opinion
  std::string reason;
  std::string evaluation_error;  // what the webhook could not find out
};

// The answer is no SubjectAccessReview. The text says what is wrong with it and does not quote it.
class AccessReviewError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The question, member for member and in the order of kube-apiserver's. The same attributes make
// the same text. Throws AccessReviewError when they cannot be written as JSON, which is UTF-8.
// `version` is v1 or v1beta1.
std::string access_review(std::string_view version, const Attributes& attributes);

// The answer. Throws AccessReviewError.
AccessVerdict parse_access_review(std::string_view version, std::string_view answer);

// How many bytes of the attributes are of the requester's own choosing.
std::size_t requested_bytes(const Attributes& attributes);

}  // namespace limen::plugins
