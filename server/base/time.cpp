#include "base/time.h"

#include <array>
#include <cmath>
#include <ctime>

#include "base/strings.h"

namespace limen::base {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::seconds;

std::string format_seconds(std::int64_t unix_seconds) {
  const std::time_t time = unix_seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return {text.data(), length};
}

std::int64_t floor_seconds(SystemTime time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

// Reads exactly `digits` decimal digits from the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

// ".123456" as nanoseconds; a fraction is optional.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  std::int64_t nanos = 0;
  std::int64_t unit = 100'000'000;
  std::size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    nanos += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  return nanos;
}

// "Z" or "+hh:mm" as seconds to subtract.
std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return 0;
  const bool minus = take(text, '-');
  if (!minus && !take(text, '+')) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::int64_t offset = *hours * 3600 + *minutes * 60;
  return minus ? -offset : offset;
}

}  // namespace

std::string format_time(SystemTime time) { return format_seconds(floor_seconds(time)) + "Z"; }

std::string format_micro_time(SystemTime time) {
  const std::int64_t whole = floor_seconds(time);
  const std::int64_t micros =
      std::chrono::floor<microseconds>(time).time_since_epoch().count() - whole * 1'000'000;
  std::string fraction = std::to_string(micros);
  fraction.insert(0, 6 - fraction.size(), '0');
  return format_seconds(whole) + "." + fraction + "Z";
}

std::optional<SystemTime> parse_time(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !(take(text, 'T') || take(text, 't'))) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_number(text, 2);
  const auto fraction = take_fraction(text);
  const auto offset = take_offset(text);
  if (!second || !fraction || !offset || !text.empty()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const seconds since_epoch = seconds(std::chrono::sys_days(date).time_since_epoch()) +
                              std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
                              seconds(*second) - seconds(*offset);
  // Years that nanoseconds in 64 bits do not reach are as far away as these do.
  if (since_epoch >= duration_cast<seconds>(SystemTime::max().time_since_epoch())) {
    return SystemTime::max();
  }
  if (since_epoch <= duration_cast<seconds>(SystemTime::min().time_since_epoch())) {
    return SystemTime::min();
  }
  return SystemTime(duration_cast<SystemTime::duration>(since_epoch) +
                    std::chrono::nanoseconds(*fraction));
}

namespace {

std::optional<double> unit_nanoseconds(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us" || unit == "\xC2\xB5s" || unit == "\xCE\xBCs") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  if (unit == "m") return 60e9;
  if (unit == "h") return 3600e9;
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::nanoseconds(0);
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    double value = 0;
    double scale = 1;
    bool digits = false;
    bool fraction = false;
    while (!text.empty() && (text.front() == '.' || (text.front() >= '0' && text.front() <= '9'))) {
      if (text.front() == '.') {
        if (fraction) return std::nullopt;
        fraction = true;
      } else {
        digits = true;
        value = value * 10 + (text.front() - '0');
        if (fraction) scale *= 10;
      }
      text.remove_prefix(1);
    }
    const std::size_t end = text.find_first_of(".0123456789");
    const auto unit = unit_nanoseconds(text.substr(0, end));
    if (!digits || !unit) return std::nullopt;
    total += value / scale * *unit;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
  if (total >= 9.2e18) return std::nullopt;
  return std::chrono::nanoseconds(std::llround(negative ? -total : total));
}

std::string human_duration(seconds age) {
  const std::int64_t total = age.count();
  if (total < -1) return "<invalid>";
  if (total <= 0) return "0s";
  const auto two = [](std::int64_t high, const char* high_unit, std::int64_t low,
                      const char* low_unit) {
    std::string out = std::to_string(high) + high_unit;
    if (low != 0) out += std::to_string(low) + low_unit;
    return out;
  };
  if (total < 120) return std::to_string(total) + "s";
  const std::int64_t minutes = total / 60;
  if (minutes < 10) return two(minutes, "m", total % 60, "s");
  if (minutes < 180) return std::to_string(minutes) + "m";
  const std::int64_t hours = minutes / 60;
  if (hours < 8) return two(hours, "h", minutes % 60, "m");
  if (hours < 48) return std::to_string(hours) + "h";
  if (hours < 192) return two(hours / 24, "d", hours % 24, "h");
  if (hours < 24 * 365 * 2) return std::to_string(hours / 24) + "d";
  if (hours < 24 * 365 * 8) return two(hours / 24 / 365, "y", hours / 24 % 365, "d");
  return std::to_string(hours / 24 / 365) + "y";
}

}  // namespace limen::base
