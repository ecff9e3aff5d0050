// What Go's time.Parse says about a text that is no RFC 3339 time.
#pragma once

#include <string>
#include <string_view>

namespace limen::validation {

// `parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"`; with `micro` the
// layout is MicroTime's. `text` must not be a valid time.
std::string go_time_error(std::string_view text, bool micro);

}  // namespace limen::validation
