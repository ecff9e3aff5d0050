// What a client is told who may not (row Z2). Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "authz/authorizer.h"
#include "base/api_error.h"

namespace limen::authz {

// A text that a client had a part in, as kube-apiserver sanitizes it before it goes into a message
// (row R13).
std::string escape_html(std::string_view text);

// The 403, whatever the reason: empty, or what follows the colon.
base::ApiError forbidden_error(const Attributes& attributes, std::string_view reason);

}  // namespace limen::authz
