#include "api/virtual_resources.h"

#include "api/access/access_review.h"
#include "api/access/authentication_reviews.h"
#include "api/access/authorization_reviews.h"
#include "api/access/token_request.h"

namespace limen::api {

namespace {

struct Row {
  std::string_view group, resource;
  VirtualHandler handler;
};

// One row a virtual kind.
constexpr Row kRows[] = {
    {"", "serviceaccounts/token", access::token_request},
    {"access.limen.io", "accessreviews", access::access_review},
    {"authentication.k8s.io", "selfsubjectreviews", access::self_subject_review},
    {"authentication.k8s.io", "tokenreviews", access::token_review},
    {"authorization.k8s.io", "localsubjectaccessreviews", access::local_subject_access_review},
    {"authorization.k8s.io", "selfsubjectaccessreviews", access::self_subject_access_review},
    {"authorization.k8s.io", "selfsubjectrulesreviews", access::self_subject_rules_review},
    {"authorization.k8s.io", "subjectaccessreviews", access::subject_access_review},
};

}  // namespace

VirtualHandler virtual_resource_handler(std::string_view group, std::string_view resource) {
  for (const Row& row : kRows)
    if (row.group == group && row.resource == resource) return row.handler;
  return nullptr;
}

}  // namespace limen::api
