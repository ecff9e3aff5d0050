#include "base/api_error.h"

#include <utility>

#include "base/json_text.h"

namespace limen::base {

ApiError::ApiError(int code, std::string reason, std::string message, StatusDetails details)
    : code_(code),
      reason_(std::move(reason)),
      message_(std::move(message)),
      details_(std::move(details)) {}

std::string qualified(std::string_view group, std::string_view resource) {
  std::string text(resource);
  if (!group.empty()) text.append(".").append(group);
  return text;
}

namespace {

StatusDetails about(std::string_view group, std::string_view kind, std::string_view name) {
  StatusDetails details;
  details.name = name;
  details.group = group;
  details.kind = kind;
  details.shown = true;
  return details;
}

StatusDetails nothing_to_tell() { return about("", "", ""); }

std::string quoted_subject(std::string_view group, std::string_view resource,
                           std::string_view name) {
  return qualified(group, resource) + " \"" + std::string(name) + "\"";
}

}  // namespace

ApiError ApiError::bad_request(std::string message) {
  return {400, "BadRequest", std::move(message)};
}

ApiError ApiError::unauthorized() { return {401, "Unauthorized", "Unauthorized"}; }

ApiError ApiError::forbidden(std::string_view group, std::string_view resource,
                             std::string_view name, std::string_view why) {
  std::string message;
  if (resource.empty()) {
    message = "forbidden: ";
  } else if (name.empty()) {
    message = qualified(group, resource) + " is forbidden: ";
  } else {
    message = quoted_subject(group, resource, name) + " is forbidden: ";
  }
  return {403, "Forbidden", message.append(why), about(group, resource, name)};
}

ApiError ApiError::not_found(std::string_view group, std::string_view resource,
                             std::string_view name) {
  return {404, "NotFound", quoted_subject(group, resource, name) + " not found",
          about(group, resource, name)};
}

ApiError ApiError::page_not_found() {
  return {404, "NotFound", "the server could not find the requested resource", nothing_to_tell()};
}

ApiError ApiError::method_not_supported() {
  return {405, "MethodNotAllowed",
          "the server does not allow this method on the requested resource", nothing_to_tell()};
}

ApiError ApiError::not_acceptable(std::string_view accepted) {
  return {406, "NotAcceptable",
          "only the following media types are accepted: " + std::string(accepted)};
}

ApiError ApiError::already_exists(std::string_view group, std::string_view resource,
                                  std::string_view name) {
  return {409, "AlreadyExists", quoted_subject(group, resource, name) + " already exists",
          about(group, resource, name)};
}

ApiError ApiError::conflict(std::string_view group, std::string_view resource,
                            std::string_view name, std::string_view why) {
  return {409, "Conflict",
          "Operation cannot be fulfilled on " + quoted_subject(group, resource, name) + ": " +
              std::string(why),
          about(group, resource, name)};
}

ApiError ApiError::expired(std::string message) { return {410, "Expired", std::move(message)}; }

ApiError ApiError::request_entity_too_large(std::string message) {
  return {413, "RequestEntityTooLarge", std::move(message)};
}

ApiError ApiError::unsupported_media_type(std::string message) {
  return {415, "UnsupportedMediaType", std::move(message)};
}

ApiError ApiError::invalid(std::string_view group, std::string_view kind, std::string_view name,
                           std::vector<StatusCause> causes) {
  // One cause stands alone, several in brackets, duplicates once: apimachinery's Aggregate.
  std::vector<std::string> texts;
  for (const StatusCause& cause : causes) {
    std::string text = cause.field.empty() ? cause.message : cause.field + ": " + cause.message;
    bool seen = false;
    for (const std::string& earlier : texts) seen = seen || earlier == text;
    if (!seen) texts.push_back(std::move(text));
  }
  std::string joined;
  for (const std::string& text : texts) {
    if (!joined.empty()) joined += ", ";
    joined += text;
  }
  if (texts.size() > 1) joined = "[" + joined + "]";
  StatusDetails details = about(group, kind, name);
  details.causes = std::move(causes);
  return {422, "Invalid", quoted_subject(group, kind, name) + " is invalid: " + joined,
          std::move(details)};
}

ApiError ApiError::too_many_requests(std::string message, int retry_after_seconds) {
  StatusDetails details;
  details.retry_after_seconds = retry_after_seconds;
  return {429, "TooManyRequests", std::move(message), std::move(details)};
}

ApiError ApiError::internal(std::string_view what) {
  StatusDetails details;
  details.causes.push_back({"", std::string(what), ""});
  return {500, "InternalError", "Internal error occurred: " + std::string(what),
          std::move(details)};
}

ApiError ApiError::service_unavailable(std::string message) {
  return {503, "ServiceUnavailable", std::move(message)};
}

ApiError ApiError::timeout(std::string message, int retry_after_seconds) {
  StatusDetails details;
  details.retry_after_seconds = retry_after_seconds;
  return {504, "Timeout", std::move(message), std::move(details)};
}

namespace {

// Appends `"key":"value",` unless the value is empty (Go's omitempty).
void append_member(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  append_json_string(out, key);
  out += ':';
  append_json_string(out, value);
  out += ',';
}

void close_object(std::string& out) {
  if (out.back() == ',') out.pop_back();
  out += '}';
}

void append_details(std::string& out, const StatusDetails& details) {
  out += "\"details\":{";
  append_member(out, "name", details.name);
  append_member(out, "group", details.group);
  append_member(out, "kind", details.kind);
  append_member(out, "uid", details.uid);
  if (!details.causes.empty()) {
    out += "\"causes\":[";
    for (const StatusCause& cause : details.causes) {
      out += '{';
      append_member(out, "reason", cause.reason);
      append_member(out, "message", cause.message);
      append_member(out, "field", cause.field);
      close_object(out);
      out += ',';
    }
    out.back() = ']';
    out += ',';
  }
  if (details.retry_after_seconds != 0) {
    out += "\"retryAfterSeconds\":" + std::to_string(details.retry_after_seconds);
  }
  close_object(out);
  out += ',';
}

}  // namespace

std::string ApiError::to_json() const {
  std::string out = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)";
  append_member(out, "message", message_);
  append_member(out, "reason", reason_);
  if (details_.shown || !details_.empty()) append_details(out, details_);
  out += "\"code\":" + std::to_string(code_) + "}\n";
  return out;
}

}  // namespace limen::base
