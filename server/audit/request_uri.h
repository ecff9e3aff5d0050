// The request target as an event shows it.
//
// Some clients put credentials into the query, for what is behind a proxy subresource or by
// mistake (RFC 6750 section 2.3): the values of parameters with such names are not recorded. Pure;
// any thread.
#pragma once

#include <string>
#include <string_view>

namespace limen::audit {

// `target` with REDACTED in the place of those values; else as the client wrote it.
std::string shown_target(std::string_view target);

}  // namespace limen::audit
