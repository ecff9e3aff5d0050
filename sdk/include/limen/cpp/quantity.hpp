// Quantity: resource amounts (100m, 1.5Gi, 2e3) as metav1 resource.Quantity defines them.
//
// Exact decimal arithmetic down to nano (10^-9); what is smaller rounds away from zero. With a
// binary suffix nothing is read as more than 2^63 - 1, as in Kubernetes; in decimal everything up
// to some 1.7 * 10^29 is exact, and that much is the most. A value type; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace limen {

enum class QuantitySuffix : std::uint8_t { binary_si, decimal_si, decimal_exponent };

class Quantity {
 public:
  using Suffix = QuantitySuffix;

  Quantity() = default;  // zero
  // Nothing when `text` is no quantity; `why`, when given, then says so in Kubernetes' words.
  static std::optional<Quantity> parse(std::string_view text, std::string_view* why = nullptr);
  static Quantity whole(std::int64_t units);

  // The canonical text: largest suffix without a fraction, at most nine digits of it.
  std::string to_string() const;
  int sign() const { return nanos_ < 0 ? -1 : nanos_ > 0 ? 1 : 0; }
  // Rounded up to whole units; capped at the int64 range.
  std::int64_t value() const;
  // Rounded up to thousandths; capped at the int64 range.
  std::int64_t milli_value() const;
  // The nearest whole number of thousandths that is not less (not greater, below zero).
  Quantity rounded_to_milli() const;
  // True when the value has no fraction of a unit.
  bool is_integer() const;
  Suffix suffix() const { return suffix_; }

  // Exact. A zero takes over the suffix of what is added to it or taken away.
  Quantity& operator+=(const Quantity& other) { return change(other, other.nanos_); }
  Quantity& operator-=(const Quantity& other) { return change(other, -other.nanos_); }
  friend Quantity operator+(Quantity a, const Quantity& b) { return a += b; }
  friend Quantity operator-(Quantity a, const Quantity& b) { return a -= b; }

  // By amount; the suffix plays no part.
  friend bool operator==(const Quantity& a, const Quantity& b) { return a.nanos_ == b.nanos_; }
  friend bool operator!=(const Quantity& a, const Quantity& b) { return a.nanos_ != b.nanos_; }
  friend bool operator<(const Quantity& a, const Quantity& b) { return a.nanos_ < b.nanos_; }
  friend bool operator>(const Quantity& a, const Quantity& b) { return a.nanos_ > b.nanos_; }
  friend bool operator<=(const Quantity& a, const Quantity& b) { return a.nanos_ <= b.nanos_; }
  friend bool operator>=(const Quantity& a, const Quantity& b) { return a.nanos_ >= b.nanos_; }

 private:
  __extension__ typedef __int128 Wide;
  Quantity& change(const Quantity& other, Wide by) {
    if (nanos_ == 0) suffix_ = other.suffix_;
    if (__builtin_add_overflow(nanos_, by, &nanos_)) {
      constexpr Wide kMax = ~(Wide{1} << 127);
      nanos_ = by < 0 ? -kMax : kMax;
    }
    return *this;
  }
  static std::int64_t capped(Wide nanos, Wide unit);

  Wide nanos_ = 0;
  Suffix suffix_ = Suffix::decimal_si;
};

namespace detail::quantity {

__extension__ typedef __int128 Wide;

inline constexpr std::string_view kFormatWrong =
    "quantities must match the regular expression "
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
inline constexpr std::string_view kSuffixWrong = "unable to parse quantity's suffix";
inline constexpr std::string_view kNumberWrong = "unable to parse numeric part of quantity";

inline constexpr Wide kNano = 1'000'000'000;
inline constexpr Wide kWideMax = ~(Wide{1} << 127);
// The most that a text means, in nanos; whole units, so that its canonical text means the same.
inline constexpr Wide kBinaryCap = Wide{std::numeric_limits<std::int64_t>::max()} * kNano;
inline constexpr Wide kDecimalCap = kWideMax / kNano * kNano;

struct DecimalSuffix {
  std::string_view text;
  int exponent;
};
inline constexpr std::array<DecimalSuffix, 10> kDecimal = {{{"n", -9},
                                                            {"u", -6},
                                                            {"m", -3},
                                                            {"", 0},
                                                            {"k", 3},
                                                            {"M", 6},
                                                            {"G", 9},
                                                            {"T", 12},
                                                            {"P", 15},
                                                            {"E", 18}}};
inline constexpr std::array<std::string_view, 7> kBinary = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

struct Scale {
  QuantitySuffix suffix = QuantitySuffix::decimal_si;
  int ten = 0;  // times 10^ten
  int two = 0;  // times 2^two
};

inline std::optional<Scale> scale_of(std::string_view suffix) {
  for (const DecimalSuffix& each : kDecimal) {
    if (each.text == suffix) return Scale{QuantitySuffix::decimal_si, each.exponent, 0};
  }
  for (std::size_t i = 1; i < kBinary.size(); ++i) {
    if (kBinary[i] == suffix) {
      return Scale{QuantitySuffix::binary_si, 0, static_cast<int>(i) * 10};
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
  return Scale{QuantitySuffix::decimal_exponent, exponent, 0};
}

// value * factor, or kWideMax when it does not fit.
inline Wide saturating_multiply(Wide value, Wide factor) {
  return value > kWideMax / factor ? kWideMax : value * factor;
}

// Of what is not below zero; no sum that might not fit.
inline Wide round_up_divide(Wide value, Wide divisor) {
  return value / divisor + (value % divisor != 0 ? 1 : 0);
}

// digits * 10^ten * 2^two, in nanos, rounded up. Leading zeros of `digits` are gone.
inline Wide to_nanos(std::string_view digits, std::int64_t ten, int two) {
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

inline std::string print(Wide value) {
  if (value == 0) return "0";
  const bool negative = value < 0;
  if (negative) value = -value;
  std::string out;
  for (; value > 0; value /= 10) out += static_cast<char>('0' + static_cast<int>(value % 10));
  if (negative) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

inline std::nullopt_t refuse_quantity(std::string_view* why, std::string_view text) {
  if (why != nullptr) *why = text;
  return std::nullopt;
}

inline std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

}  // namespace detail::quantity

inline std::optional<Quantity> Quantity::parse(std::string_view text, std::string_view* why) {
  if (text.empty()) return detail::quantity::refuse_quantity(why, detail::quantity::kFormatWrong);
  bool negative = false;
  if (text[0] == '+' || text[0] == '-') {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const std::string_view whole = detail::quantity::take_digits(text);
  std::string_view fraction;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    fraction = detail::quantity::take_digits(text);
  }
  const std::size_t letters = text.find_first_not_of("eEinumkKMGTP");
  std::string_view rest = letters == std::string_view::npos ? "" : text.substr(letters);
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) rest.remove_prefix(1);
  detail::quantity::take_digits(rest);
  if (!rest.empty()) return detail::quantity::refuse_quantity(why, detail::quantity::kFormatWrong);
  const std::optional<detail::quantity::Scale> scale = detail::quantity::scale_of(text);
  if (!scale) return detail::quantity::refuse_quantity(why, detail::quantity::kSuffixWrong);
  if (whole.empty() && fraction.empty())
    return detail::quantity::refuse_quantity(why, detail::quantity::kNumberWrong);

  std::string digits(whole);
  digits += fraction;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  const auto places = static_cast<std::int64_t>(fraction.size());
  Quantity out;
  out.suffix_ = scale->suffix;
  out.nanos_ = detail::quantity::to_nanos(digits, scale->ten - places, scale->two);
  out.nanos_ = std::min(out.nanos_, scale->suffix == QuantitySuffix::binary_si
                                        ? detail::quantity::kBinaryCap
                                        : detail::quantity::kDecimalCap);
  if (negative) out.nanos_ = -out.nanos_;
  return out;
}

inline Quantity Quantity::whole(std::int64_t units) {
  Quantity out;
  out.nanos_ = detail::quantity::Wide{units} * detail::quantity::kNano;
  return out;
}

inline bool Quantity::is_integer() const { return nanos_ % detail::quantity::kNano == 0; }

inline std::int64_t Quantity::value() const { return capped(nanos_, detail::quantity::kNano); }

inline std::int64_t Quantity::milli_value() const { return capped(nanos_, 1'000'000); }

inline Quantity Quantity::rounded_to_milli() const {
  constexpr detail::quantity::Wide kMilli = detail::quantity::kNano / 1000;
  if (nanos_ % kMilli == 0) return *this;
  const bool negative = nanos_ < 0;
  const Wide size = detail::quantity::saturating_multiply(
      detail::quantity::round_up_divide(negative ? -nanos_ : nanos_, kMilli), kMilli);
  Quantity out = *this;
  out.nanos_ = negative ? -size : size;
  return out;
}

inline std::int64_t Quantity::capped(Wide nanos, Wide unit) {
  const bool negative = nanos < 0;
  const Wide size = detail::quantity::round_up_divide(negative ? -nanos : nanos, unit);
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  const std::int64_t held = size > kMax ? kMax : static_cast<std::int64_t>(size);
  return negative ? -held : held;
}

inline std::string Quantity::to_string() const {
  if (nanos_ == 0) return "0";
  const detail::quantity::Wide size = nanos_ < 0 ? -nanos_ : nanos_;
  // Binary suffixes are for whole amounts of at least 1024; smaller ones read better in decimal.
  if (suffix_ == Suffix::binary_si && size >= 1024 * detail::quantity::kNano && is_integer()) {
    detail::quantity::Wide value = nanos_ / detail::quantity::kNano;
    std::size_t power = 0;
    for (; value % 1024 == 0 && power + 1 < detail::quantity::kBinary.size(); ++power)
      value /= 1024;
    return detail::quantity::print(value) + std::string(detail::quantity::kBinary[power]);
  }
  detail::quantity::Wide value = nanos_;
  std::size_t power = 0;
  for (; value % 1000 == 0 && power + 1 < detail::quantity::kDecimal.size(); ++power) value /= 1000;
  const int exponent = detail::quantity::kDecimal[power].exponent;
  if (suffix_ == Suffix::decimal_exponent) {
    return detail::quantity::print(value) + (exponent == 0 ? "" : "e" + std::to_string(exponent));
  }
  return detail::quantity::print(value) + std::string(detail::quantity::kDecimal[power].text);
}

}  // namespace limen
