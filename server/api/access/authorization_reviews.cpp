#include "api/access/authorization_reviews.h"

#include <utility>

#include "authz/selectors.h"
#include "base/strings.h"
#include "object/metadata.h"

namespace limen::api::access {

namespace {

using object::Json;

constexpr std::string_view kGroup = "authorization.k8s.io";

const Json* spec_member(const Json& review, std::string_view key) {
  const Json* value = object::find(review, {"spec", key});
  return value != nullptr && value->is_object() ? value : nullptr;
}

std::string text_of(const Json& value, std::string_view key) {
  return std::string(object::text_at(value, key));
}

boost::json::array to_array(const std::vector<std::string>& values) {
  boost::json::array out;
  for (const std::string& value : values) out.emplace_back(value);
  return out;
}

authz::Attributes attributes_of_review(const Json& review, const request::Identity& user) {
  authz::Attributes attributes;
  attributes.user = &user;
  if (const Json* resource = spec_member(review, "resourceAttributes")) {
    attributes.is_resource = true;
    attributes.verb = text_of(*resource, "verb");
    attributes.group = text_of(*resource, "group");
    attributes.version = text_of(*resource, "version");
    if (attributes.version.empty()) attributes.version = "*";
    attributes.resource = text_of(*resource, "resource");
    attributes.subresource = text_of(*resource, "subresource");
    attributes.ns = text_of(*resource, "namespace");
    attributes.name = text_of(*resource, "name");
    const Json* fields = object::member(*resource, "fieldSelector");
    if (fields != nullptr) attributes.fields = authz::read_field_selector(*fields);
    const Json* labels = object::member(*resource, "labelSelector");
    if (labels != nullptr) attributes.labels = authz::read_label_selector(*labels);
  } else if (const Json* path = spec_member(review, "nonResourceAttributes")) {
    attributes.verb = text_of(*path, "verb");
    attributes.path = text_of(*path, "path");
  }
  return attributes;
}

// Exactly one of the two kinds of attributes, as kube-apiserver words it.
void require_one_subject(const Json& review, std::string_view kind,
                         std::vector<base::StatusCause> causes) {
  const bool resource = spec_member(review, "resourceAttributes") != nullptr;
  const bool path = spec_member(review, "nonResourceAttributes") != nullptr;
  if (resource && path) {
    causes.push_back(
        {"FieldValueInvalid",
         "Invalid value: " + boost::json::serialize(*spec_member(review, "nonResourceAttributes")) +
             ": cannot be specified in combination with resourceAttributes",
         "spec.nonResourceAttributes"});
  } else if (!resource && !path) {
    causes.push_back({"FieldValueInvalid",
                      "Invalid value: null: exactly one of nonResourceAttributes or "
                      "resourceAttributes must be specified",
                      "spec.resourceAttributes"});
  }
  if (!causes.empty()) throw base::ApiError::invalid(kGroup, kind, "", std::move(causes));
}

request::Identity subject_of(const Json& review) {
  request::Identity user;
  const Json* spec = object::member(review, "spec");
  if (spec == nullptr) return user;
  user.name = text_of(*spec, "user");
  user.uid = text_of(*spec, "uid");
  user.groups = object::texts_of(object::member(*spec, "groups"));
  const Json* extra = object::member(*spec, "extra");
  if (extra != nullptr && extra->is_object()) {
    for (const auto& entry : extra->get_object())
      user.extra.emplace_back(base::to_lower(entry.key()), object::texts_of(&entry.value()));
  }
  return user;
}

base::Task<Json> answer(const VirtualRequest& request, request::Identity user) {
  Json review = request.object;
  const authz::Attributes attributes = attributes_of_review(review, user);
  const authz::Outcome outcome =
      co_await request.chains.authz.authorize(attributes, request.context.scope);
  boost::json::object status;
  status["allowed"] = outcome.allowed;
  if (outcome.denied) status["denied"] = true;
  if (!outcome.reason.empty()) status["reason"] = outcome.reason;
  if (!outcome.error.empty()) status["evaluationError"] = outcome.error;
  review.get_object()["status"] = std::move(status);
  co_return std::move(review);
}

void require_subject(const Json& review, std::string_view kind) {
  std::vector<base::StatusCause> causes;
  const request::Identity user = subject_of(review);
  if (user.name.empty() && user.groups.empty()) {
    causes.push_back({"FieldValueInvalid",
                      "Invalid value: \"\": at least one of user or group must be specified",
                      "spec.user"});
  }
  require_one_subject(review, kind, std::move(causes));
}

}  // namespace

base::Task<Json> subject_access_review(const VirtualRequest& request) {
  require_subject(request.object, "SubjectAccessReview");
  request::Identity user = subject_of(request.object);
  co_return co_await answer(request, std::move(user));
}

base::Task<Json> self_subject_access_review(const VirtualRequest& request) {
  require_one_subject(request.object, "SelfSubjectAccessReview", {});
  request::Identity user = request.context.user;
  co_return co_await answer(request, std::move(user));
}

base::Task<Json> local_subject_access_review(const VirtualRequest& request) {
  require_subject(request.object, "LocalSubjectAccessReview");
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
  const std::string ns = spec == nullptr ? std::string() : text_of(*spec, "namespace");
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
