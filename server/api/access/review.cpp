#include "api/access/review.h"

#include "api/access/authentication_reviews.h"
#include "api/access/authorization_reviews.h"

namespace limen::api::access {

Review find_review(std::string_view group, std::string_view resource) {
  static constexpr struct {
    std::string_view group, resource;
    Review review;
  } kReviews[] = {
      {"authentication.k8s.io", "selfsubjectreviews", self_subject_review},
      {"authentication.k8s.io", "tokenreviews", token_review},
      {"authorization.k8s.io", "localsubjectaccessreviews", local_subject_access_review},
      {"authorization.k8s.io", "selfsubjectaccessreviews", self_subject_access_review},
      {"authorization.k8s.io", "selfsubjectrulesreviews", self_subject_rules_review},
      {"authorization.k8s.io", "subjectaccessreviews", subject_access_review},
  };
  for (const auto& row : kReviews)
    if (row.group == group && row.resource == resource) return row.review;
  return nullptr;
}

}  // namespace limen::api::access
