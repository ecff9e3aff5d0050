#include "base/go_duration.h"

#include <cstdint>
#include <cstdlib>

namespace limen::base {

namespace {

// `count` units of 10^-digits each, without zeros at the end: 1.5 for (1500, 3).
std::string decimal(std::uint64_t count, int digits) {
  std::string text = std::to_string(count);
  const auto width = static_cast<std::size_t>(digits);
  if (text.size() <= width) text.insert(0, width + 1 - text.size(), '0');
  text.insert(text.size() - width, 1, '.');
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

std::string go_duration(std::chrono::nanoseconds duration) {
  const std::string sign = duration.count() < 0 ? "-" : "";
  const auto total = static_cast<std::uint64_t>(std::abs(duration.count()));
  if (total == 0) return "0s";
  if (total < 1'000) return sign + std::to_string(total) + "ns";
  if (total < 1'000'000) return sign + decimal(total, 3) + "µs";
  if (total < 1'000'000'000) return sign + decimal(total, 6) + "ms";
  constexpr std::uint64_t kMinute = 60'000'000'000;
  std::string out = sign;
  const std::uint64_t minutes = total / kMinute;
  if (minutes >= 60) out += std::to_string(minutes / 60) + "h";
  if (minutes > 0) out += std::to_string(minutes % 60) + "m";
  return out + decimal(total % kMinute, 9) + "s";
}

}  // namespace limen::base
