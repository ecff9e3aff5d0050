// Cron schedules: five fields (minute, hour, day of month, month, day of week) or a descriptor such
// as @daily or `@every 1h`, optionally led by TZ=.
#pragma once

#include <string>
#include <string_view>

namespace limen::validation {

// What is wrong with the schedule, in the words of Kubernetes' parser; empty when nothing is.
std::string cron_problem(std::string_view schedule);

}  // namespace limen::validation
