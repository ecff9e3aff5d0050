// What a mode of impersonation asks of the authorizers, and whom it makes of the wanted identity.
// Free functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "authz/authorizer.h"
#include "base/api_error.h"
#include "request/identity.h"

namespace limen::pipeline {

enum class Mode : std::uint8_t {
  associated_node,
  arbitrary_node,
  service_account,
  user_info,
  legacy
};

std::string_view name_of(Mode mode);

// Whether `caller` could act as `wanted` in this mode at all.
bool applies(Mode mode, const request::Identity& wanted, const request::Identity& caller);

// One thing the caller must be allowed to impersonate.
struct Question {
  std::optional<base::ApiError> refused;     // whatever authorizers say
  std::optional<authz::Attributes> at_once;  // a yes to this settles it
  std::vector<authz::Attributes> each;       // otherwise a yes to each of these is needed
};

// In the order they are asked: user, uid, groups, extra values. They view `caller`.
std::vector<Question> questions_of(Mode mode, const request::Identity& wanted,
                                   const request::Identity& caller);

// Replaces the extra values of a caller by the names of their keys.
void hide_node(request::Identity& caller);

// Whom the request acts as once all was allowed.
request::Identity identity_of(Mode mode, const request::Identity& wanted);

}  // namespace limen::pipeline
