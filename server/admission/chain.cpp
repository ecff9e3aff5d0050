#include "admission/chain.h"

#include <utility>

#include "base/api_error.h"

namespace limen::admission {

namespace {

// What a controller says whose refusal is to have no reason, as those of webhooks may have none.
constexpr const char* kNoReason = "Unknown";

// The name a refusal tells: the request's, the object's, what it will be generated from, or none.
std::string subject_name(const Review& review) {
  const std::string& asked = review.attributes->name;
  if (!asked.empty()) return asked;
  const object::Json& object = review.object.root();
  const auto text = [&object](const char* key) -> std::string {
    if (!object.is_object()) return {};
    const object::Json* metadata = object.get_object().if_contains("metadata");
    if (metadata == nullptr || !metadata->is_object()) return {};
    const object::Json* value = metadata->get_object().if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
  };
  for (const char* key : {"name", "generateName"})
    if (std::string name = text(key); !name.empty()) return name;
  return "Unknown";
}

[[noreturn]] void refuse(const Controller& controller, const Review& review, const Result& result) {
  const authz::Attributes& about = *review.attributes;
  if (!result.error.empty()) {
    throw base::ApiError::internal("admission controller \"" + controller.name() +
                                   "\" failed: " + result.error);
  }
  // Whoever gives a reason of its own has worded the whole message.
  if (result.code == 403 && result.reason.empty()) {
    base::ApiError error = base::ApiError::forbidden(about.group, about.resource,
                                                     subject_name(review), result.message);
    error.details().causes = result.causes;
    throw error;
  }
  base::StatusDetails details;
  details.name = about.name;
  details.group = about.group;
  details.kind = about.resource;
  details.causes = result.causes;
  static constexpr struct {
    int code;
    const char* reason;
  } kReasons[] = {
      {400, "BadRequest"},      {401, "Unauthorized"},          {404, "NotFound"},
      {409, "Conflict"},        {413, "RequestEntityTooLarge"}, {422, "Invalid"},
      {429, "TooManyRequests"}, {500, "InternalError"},         {503, "ServiceUnavailable"},
      {504, "Timeout"}};
  std::string reason = result.reason;
  for (const auto& row : kReasons)
    if (reason.empty() && row.code == result.code) reason = row.reason;
  if (reason == kNoReason) reason.clear();
  throw base::ApiError(result.code, std::move(reason), result.message, std::move(details));
}

}  // namespace

Chain::Chain(std::vector<std::shared_ptr<Controller>> controllers)
    : controllers_(std::move(controllers)) {}

base::Task<void> Chain::mutate(Review& review, request::CallScope& scope) const {
  // A second round only when somebody changed what an earlier one had already seen.
  bool seen_by_earlier = false;
  bool again = false;
  for (int round = 0; round < 2; ++round) {
    review.reinvocation = round != 0;
    for (const auto& controller : controllers_) {
      if (!controller->mutates() || !controller->handles(review.operation)) continue;
      Result result = co_await controller->admit(review, scope);
      if (!result.allowed) refuse(*controller, review, result);
      if (result.changed) {
        review.object = std::move(result.changed);
        again = again || seen_by_earlier;
      }
      seen_by_earlier = true;
    }
    if (!again) break;
  }
  review.reinvocation = false;
}

base::Task<void> Chain::validate(Review& review, request::CallScope& scope) const {
  for (const auto& controller : controllers_) {
    if (!controller->validates() || !controller->handles(review.operation)) continue;
    const Result result = co_await controller->validate(review, scope);
    if (!result.allowed) refuse(*controller, review, result);
  }
}

}  // namespace limen::admission
