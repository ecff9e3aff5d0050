// Times as the API writes them (RFC 3339, UTC).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace limen::base {

using SystemTime = std::chrono::system_clock::time_point;

std::string format_time(SystemTime time);        // 2026-11-24T02:31:48Z, metav1.Time
std::string format_micro_time(SystemTime time);  // 2026-11-24T02:31:48.123456Z, metav1.MicroTime
// Any RFC 3339 time with offset and fraction. Nothing when it is not one. A year before 1678 or
// after 2261 becomes the first or last SystemTime there is.
std::optional<SystemTime> parse_time(std::string_view text);

// Go durations as flags and configs write them: 300ms, 1.5h, 2m30s. Nothing when it is not one.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);
// Kubernetes' short age: 5s, 3m12s, 4h, 2d, 1y; as kubectl's AGE column.
std::string human_duration(std::chrono::seconds age);

}  // namespace limen::base
