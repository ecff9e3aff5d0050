// ApiError: the one way an operation ends early. It is what a client sees as `kind: Status`.
//
// Reasons, codes and texts follow the Kubernetes API conventions (Status, StatusDetails,
// StatusCause); the factories word messages exactly as kube-apiserver does, because clients match
// on them. Thrown by a step that cannot go on, caught once in the pipeline.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace limen::base {

struct StatusCause {
  std::string reason;  // FieldValueInvalid, FieldValueRequired, ...
  std::string message;
  std::string field;  // JSON path such as spec.containers[0].name; empty when none
};

struct StatusDetails {
  std::string name;
  std::string group;
  std::string
      kind;  // the resource for errors about a resource, as Kubernetes does; Kind for Invalid
  std::string uid;
  std::vector<StatusCause> causes;
  std::int32_t retry_after_seconds = 0;
  bool shown = false;  // as `"details":{}` when there is nothing to tell, as kube-apiserver does
  bool empty() const {
    return name.empty() && group.empty() && kind.empty() && uid.empty() && causes.empty() &&
           retry_after_seconds == 0;
  }
};

class ApiError : public std::exception {
 public:
  ApiError(int code, std::string reason, std::string message, StatusDetails details = {});

  int code() const { return code_; }
  const std::string& reason() const { return reason_; }
  const std::string& message() const { return message_; }
  const StatusDetails& details() const { return details_; }
  StatusDetails& details() { return details_; }
  const char* what() const noexcept override { return message_.c_str(); }

  // `resource` is written with its group as kube-apiserver does: `deployments.apps "x" not found`.
  static ApiError bad_request(std::string message);  // 400
  static ApiError unauthorized();                    // 401
  static ApiError forbidden(std::string_view group, std::string_view resource,
                            std::string_view name,
                            std::string_view why);  // 403
  static ApiError not_found(std::string_view group, std::string_view resource,
                            std::string_view name);
  static ApiError page_not_found();        // 404 "the server could not find the requested resource"
  static ApiError method_not_supported();  // 405
  static ApiError not_acceptable(std::string_view accepted);  // 406
  static ApiError already_exists(std::string_view group, std::string_view resource,
                                 std::string_view name);
  static ApiError conflict(std::string_view group, std::string_view resource, std::string_view name,
                           std::string_view why);  // 409 Operation cannot be fulfilled on ...
  static ApiError expired(std::string message);    // 410
  static ApiError request_entity_too_large(std::string message);  // 413
  static ApiError unsupported_media_type(std::string message);    // 415
  // 422: `Kind.group "name" is invalid: [cause, cause]`.
  static ApiError invalid(std::string_view group, std::string_view kind, std::string_view name,
                          std::vector<StatusCause> causes);
  static ApiError too_many_requests(std::string message, int retry_after_seconds);  // 429
  static ApiError internal(std::string_view what);           // 500 "Internal error occurred: what"
  static ApiError service_unavailable(std::string message);  // 503
  static ApiError timeout(std::string message, int retry_after_seconds = 0);  // 504

  // The body of the answer: a v1 Status as compact JSON, with kube-apiserver's key order and a
  // trailing newline.
  std::string to_json() const;

 private:
  int code_;
  std::string reason_;
  std::string message_;
  StatusDetails details_;
};

// `resource.group`, or `resource` in the core group.
std::string qualified(std::string_view group, std::string_view resource);

}  // namespace limen::base
