#include "validation/protobuf/scalars.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include "object/decode.h"

namespace limen::validation::protobuf {

namespace {

using object::Json;
using Form = WireField::Form;

// The clock's type ends before the API's years do, hence a civil date of its own.
std::string civil_time(std::int64_t seconds) {
  namespace chrono = std::chrono;
  const chrono::sys_seconds when{chrono::seconds(seconds)};
  const auto midnight = chrono::floor<chrono::days>(when);
  const chrono::year_month_day date{midnight};
  const auto of_day = static_cast<unsigned>((when - midnight).count());
  char out[80];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02u:%02u:%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                of_day / 3600, of_day / 60 % 60, of_day % 60);
  return out;
}

}  // namespace

Json text_value(std::string_view text) { return boost::json::string(text.data(), text.size()); }

Json time_value(std::string_view message, bool micro) {
  if (message.empty()) return nullptr;
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (field.number > 2) continue;
    field.want(Form::varint);
    if (field.number == 1) seconds = static_cast<std::int64_t>(field.number_value);
    if (field.number == 2) nanos = static_cast<std::int32_t>(field.number_value);
  }
  constexpr std::int64_t kFirst = -62135596800;  // 0001-01-01T00:00:00Z
  constexpr std::int64_t kLast = 253402300799;   // 9999-12-31T23:59:59Z
  if (seconds < kFirst || seconds > kLast || nanos < 0 || nanos > 999'999'999) {
    throw WireError("a time is out of range");
  }
  std::string out = civil_time(seconds);
  if (micro) {
    const std::string digits = std::to_string(nanos / 1000);
    out += '.' + std::string(6 - digits.size(), '0') + digits;
  }
  return text_value(out + "Z");
}

Json quantity_value(std::string_view message) {
  WireReader reader(message);
  WireField field;
  std::string_view amount = "0";
  while (reader.next(field)) {
    if (field.number != 1) continue;
    amount = field.text();
    if (amount.empty()) amount = "0";
  }
  return text_value(amount);
}

Json int_or_string_value(std::string_view message) {
  constexpr std::uint64_t kString = 1;
  std::uint64_t type = 0;
  std::int32_t number = 0;
  std::string_view string;
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (field.number == 1 || field.number == 2) field.want(Form::varint);
    if (field.number == 1) type = field.number_value;
    if (field.number == 2) number = static_cast<std::int32_t>(field.number_value);
    if (field.number == 3) string = field.text();
  }
  if (type > kString) throw WireError("an int-or-string is neither");
  return type == kString ? text_value(string) : Json(static_cast<std::int64_t>(number));
}

std::string_view raw_bytes(std::string_view message) {
  WireReader reader(message);
  WireField field;
  std::string_view found;
  while (reader.next(field)) {
    if (field.number != 1) continue;
    field.want(Form::bytes);
    found = field.bytes;
  }
  return found;
}

Json raw_json(std::string_view json) {
  if (json.empty()) return nullptr;
  object::DecodeLimits limits;
  limits.max_bytes = json.size();  // part of a body that is within its limit already
  try {
    return object::decode(json, object::Format::json, limits).value;
  } catch (const object::DecodeError& error) {
    throw WireError(error.what());
  }
}

}  // namespace limen::validation::protobuf
