// The Impersonate-* headers.
#pragma once

#include <optional>

#include "request/identity.h"
#include "transport/http.h"

namespace limen::pipeline {

// Whom the headers name, exactly as they do; nothing when there are none. Throws ApiError 400 when
// they name groups, a uid or extra values and no user.
std::optional<request::Identity> wanted_identity(const transport::RequestHead& head);

}  // namespace limen::pipeline
