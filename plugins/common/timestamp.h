// Times as the API writes them: 2026-11-24T02:31:48Z (RFC 3339, UTC, whole seconds; metav1.Time).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limen::plugins {

// Seconds since 1970. Nothing when the text is not such a time.
std::optional<std::int64_t> parse_timestamp(std::string_view text);
// The same for any time of RFC 3339 as people write it, with a fraction, which is cut off, and an
// offset.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

// The day, in UTC, of a time in seconds since 1970: 2026-11-24.
std::string format_day(std::int64_t unix_seconds);

}  // namespace limen::plugins
