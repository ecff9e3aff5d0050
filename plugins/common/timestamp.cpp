#include "common/timestamp.h"

#include <charconv>
#include <ctime>

namespace limen::plugins {

namespace {

// The decimal number in exactly these characters; -1 for anything else.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = -1;
  const std::string_view part = text.substr(at, count);
  if (part.front() < '0' || part.front() > '9') return -1;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  return error == std::errc() && end == part.data() + part.size() ? value : -1;
}

}  // namespace

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i)
    if (kShape[i] != '0' && text[i] != kShape[i]) return std::nullopt;
  std::tm parts{};
  parts.tm_year = digits(text, 0, 4) - 1900;
  parts.tm_mon = digits(text, 5, 2) - 1;
  parts.tm_mday = digits(text, 8, 2);
  parts.tm_hour = digits(text, 11, 2);
  parts.tm_min = digits(text, 14, 2);
  parts.tm_sec = digits(text, 17, 2);
  const std::tm asked = parts;
  const std::int64_t seconds = timegm(&parts);
  // timegm() carries over what is too much, so that a date that is none comes back as another.
  const bool same = parts.tm_year == asked.tm_year && parts.tm_mon == asked.tm_mon &&
                    parts.tm_mday == asked.tm_mday && parts.tm_hour == asked.tm_hour &&
                    parts.tm_min == asked.tm_min && parts.tm_sec == asked.tm_sec;
  if (!same || digits(text, 0, 4) < 0) return std::nullopt;
  return seconds;
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  constexpr std::size_t kLocal = std::string_view("0000-00-00T00:00:00").size();
  if (text.size() <= kLocal) return std::nullopt;
  const auto local = parse_timestamp(std::string(text.substr(0, kLocal)) + "Z");
  text.remove_prefix(kLocal);
  if (text.front() == '.') {
    const std::size_t end = text.find_first_not_of("0123456789", 1);
    if (end == 1 || end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(end);
  }
  if (!local || text == "Z") return local;
  if (text.size() != 6 || text[3] != ':' || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int hours = digits(text, 1, 2), minutes = digits(text, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const std::int64_t offset = hours * 3600 + minutes * 60;
  return text[0] == '+' ? *local - offset : *local + offset;
}

std::string format_day(std::int64_t unix_seconds) {
  const std::time_t time = unix_seconds;
  std::tm parts{};
  if (gmtime_r(&time, &parts) == nullptr) return {};
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return std::string(text, size);
}

}  // namespace limen::plugins
