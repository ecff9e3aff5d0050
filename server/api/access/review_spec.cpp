#include "api/access/review_spec.h"

#include <utility>
#include <vector>

#include "authz/selectors.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "object/metadata.h"

namespace limen::api::access {

namespace {

using object::Json;

std::string text_of(const Json& value, std::string_view key) {
  return std::string(object::text_at(value, key));
}

// Throws when the two kinds of attributes are not one, or `causes` were found before.
void require_one_of_both(const Json& review, std::string_view group, std::string_view kind,
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
  if (!causes.empty()) throw base::ApiError::invalid(group, kind, "", std::move(causes));
}

}  // namespace

const Json* spec_member(const Json& review, std::string_view key) {
  const Json* value = object::find(review, {"spec", key});
  return value != nullptr && value->is_object() ? value : nullptr;
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
    if (fields != nullptr) attributes.fields = authz::field_selector_of(*fields);
    const Json* labels = object::member(*resource, "labelSelector");
    if (labels != nullptr) attributes.labels = authz::label_selector_of(*labels);
  } else if (const Json* path = spec_member(review, "nonResourceAttributes")) {
    attributes.verb = text_of(*path, "verb");
    attributes.path = text_of(*path, "path");
  }
  return attributes;
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

void require_subject(const Json& review, std::string_view group, std::string_view kind) {
  std::vector<base::StatusCause> causes;
  const request::Identity user = subject_of(review);
  if (user.name.empty() && user.groups.empty()) {
    causes.push_back({"FieldValueInvalid",
                      "Invalid value: \"\": at least one of user or group must be specified",
                      "spec.user"});
  }
  require_one_of_both(review, group, kind, std::move(causes));
}

void require_one_question(const Json& review, std::string_view group, std::string_view kind) {
  require_one_of_both(review, group, kind, {});
}

boost::json::object outcome_status(const authz::Outcome& outcome) {
  boost::json::object status;
  status["allowed"] = outcome.allowed;
  if (outcome.denied) status["denied"] = true;
  if (!outcome.reason.empty()) status["reason"] = outcome.reason;
  if (!outcome.error.empty()) status["evaluationError"] = outcome.error;
  return status;
}

}  // namespace limen::api::access
