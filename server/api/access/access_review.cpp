#include "api/access/access_review.h"

#include <string>
#include <string_view>
#include <utility>

#include "api/access/review_spec.h"
#include "authz/refusal.h"
#include "base/api_error.h"

namespace limen::api::access {

namespace {

using object::Json;

base::Task<void> require_right(const VirtualRequest& request, const std::string& about) {
  authz::Attributes attributes;
  attributes.user = &request.context.user;
  attributes.verb = "explain";
  attributes.is_resource = true;
  attributes.group = request.resource.group;
  attributes.version = request.resource.version;
  attributes.resource = request.resource.name;
  attributes.name = about;
  const authz::Outcome outcome =
      co_await request.chains.authz.authorize(attributes, request.context.scope);
  if (outcome.allowed) co_return;
  if (!outcome.error.empty()) throw base::ApiError::internal(outcome.error);
  throw authz::forbidden_error(attributes, outcome.reason);
}

std::string_view verdict_name(const authz::Step& step) {
  if (!step.asked) return "NotAsked";
  switch (step.result.verdict) {
    case authz::Verdict::allow:
      return "Allow";
    case authz::Verdict::deny:
      return "Deny";
    case authz::Verdict::no_opinion:
      return "NoOpinion";
  }
  return "Deny";
}

boost::json::object step_of(const authz::Step& step) {
  boost::json::object out = {{"stage", "authorization"}, {"name", step.name}};
  if (!step.module.empty()) out["module"] = step.module;
  out["verdict"] = verdict_name(step);
  if (!step.asked) return out;
  const authz::Result& result = step.result;
  if (!result.reason.empty()) out["reason"] = result.reason;
  if (!result.error.empty()) out["error"] = result.error;
  if (result.basis != nullptr) {
    if (!result.basis->rule.empty()) out["rule"] = result.basis->rule;
    boost::json::array causes;
    for (const auto& [key, value] : result.basis->causes) {
      causes.push_back(boost::json::object{{"key", key}, {"value", value}});
    }
    if (!causes.empty()) out["causes"] = std::move(causes);
  }
  out["microseconds"] = step.took.count();
  return out;
}

}  // namespace

base::Task<Json> access_review(const VirtualRequest& request) {
  const request::Identity user = subject_of(request.object);
  // First of all: whether the question is a good one is no business of those who may not ask it.
  co_await require_right(request, user.name);
  require_subject(request.object, request.resource.group, request.resource.kind);
  const authz::Attributes attributes = attributes_of_review(request.object, user);
  const authz::Explanation explanation =
      co_await request.chains.authz.explain(attributes, request.context.scope);
  boost::json::array steps;
  for (const authz::Step& step : explanation.steps) steps.push_back(step_of(step));
  boost::json::object status = outcome_status(explanation.outcome);
  status["steps"] = std::move(steps);
  Json review = request.object;
  review.get_object()["status"] = std::move(status);
  co_return std::move(review);
}

}  // namespace limen::api::access
