// Durations as Go's Duration.String writes them: what base/time.h reads.
#pragma once

#include <chrono>
#include <string>

namespace limen::base {

// 1h0m2.5s, 20ms, 1.5µs, 0s.
std::string go_duration(std::chrono::nanoseconds duration);

}  // namespace limen::base
