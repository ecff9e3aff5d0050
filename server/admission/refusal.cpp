#include "admission/refusal.h"

#include <string>
#include <utility>

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

}  // namespace

base::ApiError refusal(const Review& review, const Result& result) {
  const authz::Attributes& about = *review.attributes;
  // Whoever gives a reason of its own has worded the whole message.
  if (result.code == 403 && result.reason.empty()) {
    base::ApiError error = base::ApiError::forbidden(about.group, about.resource,
                                                     subject_name(review), result.message);
    error.details().causes = result.causes;
    return error;
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
  // kubectl shows of an invalid object its kind and the causes, and the message only where both are
  // missing.
  if (reason == "Invalid") {
    details.kind = review.kind;
    if (details.causes.empty()) details = {};
  }
  return {result.code, std::move(reason), result.message, std::move(details)};
}

}  // namespace limen::admission
