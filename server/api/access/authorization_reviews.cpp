#include "api/access/authorization_reviews.h"

#include <utility>

#include "api/access/review_spec.h"
#include "base/api_error.h"
#include "object/metadata.h"

namespace limen::api::access {

namespace {

using object::Json;

constexpr std::string_view kGroup = "authorization.k8s.io";

boost::json::array to_array(const std::vector<std::string>& values) {
  boost::json::array out;
  for (const std::string& value : values) out.emplace_back(value);
  return out;
}

base::Task<Json> answer(const VirtualRequest& request, request::Identity user) {
  Json review = request.object;
  const authz::Attributes attributes = attributes_of_review(review, user);
  const authz::Outcome outcome =
      co_await request.chains.authz.authorize(attributes, request.context.scope);
  review.get_object()["status"] = outcome_status(outcome);
  co_return std::move(review);
}

}  // namespace

base::Task<Json> subject_access_review(const VirtualRequest& request) {
  require_subject(request.object, kGroup, "SubjectAccessReview");
  request::Identity user = subject_of(request.object);
  co_return co_await answer(request, std::move(user));
}

base::Task<Json> self_subject_access_review(const VirtualRequest& request) {
  require_one_question(request.object, kGroup, "SelfSubjectAccessReview");
  request::Identity user = request.context.user;
  co_return co_await answer(request, std::move(user));
}

base::Task<Json> local_subject_access_review(const VirtualRequest& request) {
  require_subject(request.object, kGroup, "LocalSubjectAccessReview");
  const Json* resource = spec_member(request.object, "resourceAttributes");
  if (resource == nullptr) {
    throw base::ApiError::invalid(
        kGroup, "LocalSubjectAccessReview", "",
        {{"FieldValueInvalid", "Invalid value: null: disallowed on this kind of request",
          "spec.nonResourceAttributes"}});
  }
  if (object::text_at(*resource, "namespace") != request.context.info.ns) {
    throw base::ApiError::bad_request("spec.resourceAttributes.namespace must match namespace: " +
                                      request.context.info.ns);
  }
  request::Identity user = subject_of(request.object);
  co_return co_await answer(request, std::move(user));
}

base::Task<Json> self_subject_rules_review(const VirtualRequest& request) {
  Json object = request.object;
  const Json* spec = object::member(object, "spec");
  const std::string ns =
      spec == nullptr ? std::string() : std::string(object::text_at(*spec, "namespace"));
  if (ns.empty()) throw base::ApiError::bad_request("no namespace on request");
  const authz::Rules rules =
      co_await request.chains.authz.rules_for(request.context.user, ns, request.context.scope);

  boost::json::array resource_rules;
  for (const authz::ResourceRule& rule : rules.resource_rules) {
    boost::json::object row;
    row["verbs"] = to_array(rule.verbs);
    row["apiGroups"] = to_array(rule.api_groups);
    row["resources"] = to_array(rule.resources);
    if (!rule.resource_names.empty()) row["resourceNames"] = to_array(rule.resource_names);
    resource_rules.push_back(std::move(row));
  }
  boost::json::array path_rules;
  for (const authz::NonResourceRule& rule : rules.non_resource_rules) {
    boost::json::object row;
    row["verbs"] = to_array(rule.verbs);
    row["nonResourceURLs"] = to_array(rule.urls);
    path_rules.push_back(std::move(row));
  }
  boost::json::object status;
  status["resourceRules"] = std::move(resource_rules);
  status["nonResourceRules"] = std::move(path_rules);
  status["incomplete"] = rules.incomplete;
  if (!rules.error.empty()) status["evaluationError"] = rules.error;
  object.get_object()["status"] = std::move(status);
  co_return std::move(object);
}

}  // namespace limen::api::access
