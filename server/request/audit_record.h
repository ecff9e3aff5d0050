// AuditRecord: what a request leaves for the audit log beside what its context holds already.
//
// Made when the audit policy asks for an event of the request; a context without one is not
// recorded, so who has something to record looks for it first. For the request's loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/api_error.h"
#include "base/time.h"
#include "transport/http.h"

namespace limen::request {

// How much of a request is recorded; each holds what the one before holds.
enum class AuditLevel : std::uint8_t { none, metadata, request, request_response };

struct AuditRecord {
  AuditLevel level = AuditLevel::metadata;
  std::uint8_t omitted_stages = 0;  // bits, see audit/policy.h
  bool omit_managed_fields = false;
  base::SystemTime received;

  // Of the object in the request's body, where the URL does not say it.
  std::string ns, name, uid, resource_version;
  std::string request_object;                         // JSON; from level request on
  std::vector<transport::BodyPiece> response_object;  // JSON; from level request_response on
  std::optional<base::ApiError> error;                // the Status that was answered
  std::string impersonation_constraint;  // the verb that let the caller act as somebody else

  // Called once, when the status of the answer is known and before anything of it is sent.
  std::function<void()> answering;
};

}  // namespace limen::request
