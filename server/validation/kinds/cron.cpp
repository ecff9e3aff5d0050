#include "validation/kinds/cron.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/strings.h"
#include "base/time.h"

namespace limen::validation {

namespace {

struct Bounds {
  std::int64_t low, high;
  std::span<const std::string_view> names;  // in order from `low`
};

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::size_t kFields = 5;
const std::array<Bounds, kFields> kBounds = {
    {{0, 59, {}}, {0, 23, {}}, {1, 31, {}}, {1, 12, kMonths}, {0, 6, kDays}}};

std::optional<std::int64_t> number(std::string_view text, const Bounds& bounds) {
  for (std::size_t i = 0; i < bounds.names.size(); ++i) {
    if (base::iequals(text, bounds.names[i])) {
      return bounds.low + static_cast<std::int64_t>(i);
    }
  }
  const std::optional<std::int64_t> value = base::parse_int(text);
  return value && *value >= 0 ? value : std::nullopt;
}

std::string bad_number(std::string_view text, std::string_view range) {
  if (base::parse_int(text)) {
    return "negative number (" + std::string(text) + ") not allowed: " + std::string(range);
  }
  return "failed to parse int from " + std::string(text) + ": strconv.Atoi: parsing " +
         base::go_quote(text) + ": invalid syntax";
}

// `*`, `a`, `a-b`, each with an optional `/step`.
std::string range_problem(std::string_view range, const Bounds& bounds) {
  const std::vector<std::string_view> step_parts = base::split(range, '/');
  if (step_parts.size() > 2) return "too many slashes: " + std::string(range);
  const std::vector<std::string_view> ends = base::split(step_parts[0], '-');
  std::int64_t low = bounds.low, high = bounds.high;
  if (ends[0] != "*" && ends[0] != "?") {
    if (ends.size() > 2) return "too many hyphens: " + std::string(range);
    const auto first = number(ends[0], bounds);
    if (!first) return bad_number(ends[0], range);
    low = *first;
    high = step_parts.size() == 2 && ends.size() == 1 ? bounds.high : low;
    if (ends.size() == 2) {
      const auto last = number(ends[1], bounds);
      if (!last) return bad_number(ends[1], range);
      high = *last;
    }
  }
  if (low < bounds.low) {
    return "beginning of range (" + std::to_string(low) + ") below minimum (" +
           std::to_string(bounds.low) + "): " + std::string(range);
  }
  if (high > bounds.high) {
    return "end of range (" + std::to_string(high) + ") above maximum (" +
           std::to_string(bounds.high) + "): " + std::string(range);
  }
  if (low > high) {
    return "beginning of range (" + std::to_string(low) + ") beyond end of range (" +
           std::to_string(high) + "): " + std::string(range);
  }
  if (step_parts.size() == 2) {
    const auto step = base::parse_int(step_parts[1]);
    if (!step || *step < 0) return bad_number(step_parts[1], range);
    if (*step == 0) return "step of range should be a positive number: " + std::string(range);
  }
  return "";
}

std::string descriptor_problem(std::string_view text) {
  for (const std::string_view known :
       {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}) {
    if (text == known) return "";
  }
  constexpr std::string_view kEvery = "@every ";
  if (text.starts_with(kEvery)) {
    if (base::parse_duration(text.substr(kEvery.size()))) return "";
    return "failed to parse duration " + std::string(text) + ": time: invalid duration " +
           base::go_quote(text.substr(kEvery.size()));
  }
  return "unrecognized descriptor: " + std::string(text);
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view word : base::split(text, ' ')) {
    if (!base::trim(word).empty()) out.emplace_back(base::trim(word));
  }
  return out;
}

}  // namespace

std::string cron_problem(std::string_view schedule) {
  if (schedule.empty()) return "empty spec string";
  if (schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=")) {
    const std::size_t space = schedule.find(' ');
    if (space == std::string_view::npos) return "provided bad location " + std::string(schedule);
    schedule = base::trim(schedule.substr(space));
  }
  if (schedule.starts_with('@')) return descriptor_problem(schedule);
  const std::vector<std::string> fields = words(schedule);
  if (fields.size() != kFields) {
    return "expected exactly 5 fields, found " + std::to_string(fields.size()) + ": [" +
           base::join(fields, " ") + "]";
  }
  for (std::size_t i = 0; i < kFields; ++i) {
    for (const std::string_view range : base::split(fields[i], ',')) {
      if (std::string problem = range_problem(range, kBounds[i]); !problem.empty()) return problem;
    }
  }
  return "";
}

}  // namespace limen::validation
