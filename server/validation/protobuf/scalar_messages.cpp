#include "validation/protobuf/scalar_messages.h"

#include <chrono>
#include <cstdint>
#include <optional>

#include "object/metadata.h"

namespace limen::validation::protobuf {

namespace {

// Reads `count` digits, then `after` unless that is 0. Nothing when they are not there.
std::optional<int> digits(std::string_view& text, std::size_t count, char after) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  if (after == '\0') return value;
  if (!text.starts_with(after)) return std::nullopt;
  text.remove_prefix(1);
  return value;
}

std::int64_t fraction(std::string_view& text) {
  if (!text.starts_with('.')) return 0;
  text.remove_prefix(1);
  std::int64_t nanos = 0;
  std::int64_t weight = 100'000'000;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    nanos += (text.front() - '0') * weight;
    weight /= 10;
  }
  return nanos;
}

// Seconds east of UTC.
std::optional<std::int64_t> offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const std::int64_t sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = digits(text, 2, ':');
  const auto minutes = hours ? digits(text, 2, '\0') : std::nullopt;
  if (!minutes) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

struct Instant {
  std::int64_t seconds, nanos;
};

// The clock's type ends before the API's years do, hence a civil date of its own.
std::optional<Instant> instant(std::string_view text) {
  namespace chrono = std::chrono;
  const auto year = digits(text, 4, '-');
  const auto month = year ? digits(text, 2, '-') : std::nullopt;
  const auto day = month ? digits(text, 2, 'T') : std::nullopt;
  const auto hour = day ? digits(text, 2, ':') : std::nullopt;
  const auto minute = hour ? digits(text, 2, ':') : std::nullopt;
  const auto second = minute ? digits(text, 2, '\0') : std::nullopt;
  if (!second) return std::nullopt;
  const std::int64_t nanos = fraction(text);
  const auto east = offset(text);
  if (!east) return std::nullopt;
  const chrono::sys_days date{chrono::year(*year) / chrono::month(static_cast<unsigned>(*month)) /
                              chrono::day(static_cast<unsigned>(*day))};
  const std::int64_t midnight = std::int64_t{date.time_since_epoch().count()} * 24 * 3600;
  return Instant{midnight + *hour * 3600 + *minute * 60 + *second - *east, nanos};
}

}  // namespace

void write_time(WireWriter& out, std::string_view text) {
  constexpr std::int64_t kZero = -62135596800;  // 0001-01-01T00:00:00Z
  const std::optional<Instant> when = instant(text);
  if (!when || (when->seconds == kZero && when->nanos == 0)) return;
  out.number(2, static_cast<std::uint64_t>(when->nanos));
  out.number(1, static_cast<std::uint64_t>(when->seconds));
}

void write_int_or_string(WireWriter& out, const object::Json& value) {
  const bool string = value.is_string();
  const auto text = string ? std::string_view(value.get_string().data(), value.get_string().size())
                           : std::string_view();
  out.bytes(3, text);
  out.number(2, static_cast<std::uint64_t>(string ? 0 : object::int_or(&value, 0)));
  out.number(1, string ? 1 : 0);
}

}  // namespace limen::validation::protobuf
