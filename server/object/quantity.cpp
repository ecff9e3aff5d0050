#include "object/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace limen::object {

namespace {

__extension__ using Wide = __int128;

constexpr std::string_view kFormatWrong =
    "quantities must match the regular expression "
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
constexpr std::string_view kSuffixWrong = "unable to parse quantity's suffix";
constexpr std::string_view kNumberWrong = "unable to parse numeric part of quantity";

constexpr Wide kNano = 1'000'000'000;
// More digits than this are held to the int64 range, fewer may use all of a Wide.
constexpr std::size_t kExactDigits = 18;
constexpr Wide kCap = Wide{std::numeric_limits<std::int64_t>::max()} * kNano;
constexpr Wide kWideMax = ~(Wide{1} << 127);

struct DecimalSuffix {
  std::string_view text;
  int exponent;
};
constexpr std::array<DecimalSuffix, 10> kDecimal = {{{"n", -9},
                                                     {"u", -6},
                                                     {"m", -3},
                                                     {"", 0},
                                                     {"k", 3},
                                                     {"M", 6},
                                                     {"G", 9},
                                                     {"T", 12},
                                                     {"P", 15},
                                                     {"E", 18}}};
constexpr std::array<std::string_view, 7> kBinary = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

struct Scale {
  Quantity::Suffix suffix = Quantity::Suffix::decimal_si;
  int ten = 0;  // times 10^ten
  int two = 0;  // times 2^two
};

std::optional<Scale> scale_of(std::string_view suffix) {
  for (const DecimalSuffix& each : kDecimal) {
    if (each.text == suffix) return Scale{Quantity::Suffix::decimal_si, each.exponent, 0};
  }
  for (std::size_t i = 1; i < kBinary.size(); ++i) {
    if (kBinary[i] == suffix) {
      return Scale{Quantity::Suffix::binary_si, 0, static_cast<int>(i) * 10};
    }
  }
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  suffix.remove_prefix(1);
  if (suffix[0] == '+') suffix.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  if (suffix.empty() || error != std::errc() || end != suffix.data() + suffix.size()) {
    return std::nullopt;
  }
  return Scale{Quantity::Suffix::decimal_exponent, exponent, 0};
}

// value * factor, or kWideMax when it does not fit.
Wide saturating_multiply(Wide value, Wide factor) {
  return value > kWideMax / factor ? kWideMax : value * factor;
}

Wide round_up_divide(Wide value, Wide divisor) { return (value + divisor - 1) / divisor; }

// digits * 10^ten * 2^two, in nanos, rounded up. Leading zeros of `digits` are gone.
Wide to_nanos(std::string_view digits, std::int64_t ten, int two) {
  // More digits than a Wide holds: those below the nano only matter as "something is there".
  bool sticky = false;
  std::int64_t shift = ten + 9;
  while (digits.size() > 36) {
    sticky = sticky || digits.back() != '0';
    digits.remove_suffix(1);
    ++shift;
  }
  Wide value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  if (value == 0) return sticky ? 1 : 0;
  for (; two > 0 && value != kWideMax; --two) value = saturating_multiply(value, 2);
  for (; shift > 0 && value != kWideMax; --shift) value = saturating_multiply(value, 10);
  for (; shift < 0; ++shift) {
    if (value == 0) return 1;
    sticky = sticky || value % 10 != 0;
    value /= 10;
    if (shift < -40) shift = -40;  // nothing is left after that many
  }
  return sticky && value != kWideMax ? value + 1 : value;
}

std::string print(Wide value) {
  if (value == 0) return "0";
  const bool negative = value < 0;
  if (negative) value = -value;
  std::string out;
  for (; value > 0; value /= 10) out += static_cast<char>('0' + static_cast<int>(value % 10));
  if (negative) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

std::optional<Quantity> refuse(std::string_view* why, std::string_view text) {
  if (why) *why = text;
  return std::nullopt;
}

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

}  // namespace

std::optional<Quantity> Quantity::parse(std::string_view text, std::string_view* why) {
  if (text.empty()) return refuse(why, kFormatWrong);
  bool negative = false;
  if (text[0] == '+' || text[0] == '-') {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const std::string_view whole = take_digits(text);
  std::string_view fraction;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  const std::size_t letters = text.find_first_not_of("eEinumkKMGTP");
  std::string_view rest = letters == std::string_view::npos ? "" : text.substr(letters);
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) rest.remove_prefix(1);
  take_digits(rest);
  if (!rest.empty()) return refuse(why, kFormatWrong);
  const std::optional<Scale> scale = scale_of(text);
  if (!scale) return refuse(why, kSuffixWrong);
  if (whole.empty() && fraction.empty()) return refuse(why, kNumberWrong);

  std::string digits(whole);
  digits += fraction;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  const auto places = static_cast<std::int64_t>(fraction.size());
  Quantity out;
  out.suffix_ = scale->suffix;
  out.nanos_ = to_nanos(digits, scale->ten - places, scale->two);
  if (out.nanos_ > kCap && (digits.size() > kExactDigits || out.nanos_ == kWideMax)) {
    out.nanos_ = kCap;
  }
  if (negative) out.nanos_ = -out.nanos_;
  return out;
}

Quantity Quantity::whole(std::int64_t units) {
  Quantity out;
  out.nanos_ = Wide{units} * kNano;
  return out;
}

std::int64_t Quantity::milli_value() const {
  const bool negative = nanos_ < 0;
  const Wide size = round_up_divide(negative ? -nanos_ : nanos_, kNano / 1000);
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  const std::int64_t capped = size > kMax ? kMax : static_cast<std::int64_t>(size);
  return negative ? -capped : capped;
}

Quantity Quantity::rounded_to_milli() const {
  constexpr Wide kMilli = kNano / 1000;
  if (nanos_ % kMilli == 0) return *this;
  const bool negative = nanos_ < 0;
  const Wide size = round_up_divide(negative ? -nanos_ : nanos_, kMilli) * kMilli;
  Quantity out = *this;
  out.nanos_ = negative ? -size : size;
  return out;
}

Quantity operator+(const Quantity& a, const Quantity& b) {
  Quantity out = a.nanos_ == 0 ? b : a;
  Wide sum = 0;
  if (__builtin_add_overflow(a.nanos_, b.nanos_, &sum)) sum = a.nanos_ < 0 ? -kWideMax : kWideMax;
  out.nanos_ = sum;
  return out;
}

bool Quantity::is_integer() const { return nanos_ % kNano == 0; }

std::int64_t Quantity::value() const {
  const bool negative = nanos_ < 0;
  const Wide size = round_up_divide(negative ? -nanos_ : nanos_, kNano);
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  const std::int64_t capped = size > kMax ? kMax : static_cast<std::int64_t>(size);
  return negative ? -capped : capped;
}

std::string Quantity::to_string() const {
  if (nanos_ == 0) return "0";
  const Wide size = nanos_ < 0 ? -nanos_ : nanos_;
  // Binary suffixes are for whole amounts of at least 1024; smaller ones read better in decimal.
  if (suffix_ == Suffix::binary_si && size >= 1024 * kNano && is_integer()) {
    Wide value = nanos_ / kNano;
    std::size_t power = 0;
    for (; value % 1024 == 0 && power + 1 < kBinary.size(); ++power) value /= 1024;
    return print(value) + std::string(kBinary[power]);
  }
  Wide value = nanos_;
  std::size_t power = 0;
  for (; value % 1000 == 0 && power + 1 < kDecimal.size(); ++power) value /= 1000;
  const int exponent = kDecimal[power].exponent;
  if (suffix_ == Suffix::decimal_exponent) {
    return print(value) + (exponent == 0 ? "" : "e" + std::to_string(exponent));
  }
  return print(value) + std::string(kDecimal[power].text);
}

}  // namespace limen::object
