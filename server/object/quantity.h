// Quantity: resource amounts (100m, 1.5Gi, 2e3) as metav1 resource.Quantity defines them.
//
// Exact decimal arithmetic down to nano (10^-9); what is smaller rounds away from zero. Values
// beyond what the API can hold are capped as Kubernetes does. A value type; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limen::object {

class Quantity {
 public:
  enum class Suffix : std::uint8_t { binary_si, decimal_si, decimal_exponent };

  Quantity() = default;  // zero
  // Nothing when `text` is no quantity; `why`, when given, then says so in Kubernetes' words.
  static std::optional<Quantity> parse(std::string_view text, std::string_view* why = nullptr);
  static Quantity whole(std::int64_t units);

  // The canonical text: largest suffix without a fraction, at most nine digits of it.
  std::string to_string() const;
  int sign() const { return nanos_ < 0 ? -1 : nanos_ > 0 ? 1 : 0; }
  // Rounded up to whole units; capped at the int64 range.
  std::int64_t value() const;
  // Rounded up to thousandths of a unit; capped at the int64 range.
  std::int64_t milli_value() const;
  // The nearest whole number of thousandths that is not less (not greater, below zero).
  Quantity rounded_to_milli() const;
  // True when the value has no fraction of a unit.
  bool is_integer() const;
  Suffix suffix() const { return suffix_; }

  // The sum, in the suffix of the first that is not zero; capped at what the API can hold.
  friend Quantity operator+(const Quantity& a, const Quantity& b);
  // By amount; the suffix plays no part.
  friend std::strong_ordering operator<=>(const Quantity& a, const Quantity& b) {
    return a.nanos_ < b.nanos_   ? std::strong_ordering::less
           : a.nanos_ > b.nanos_ ? std::strong_ordering::greater
                                 : std::strong_ordering::equal;
  }
  friend bool operator==(const Quantity& a, const Quantity& b) { return a.nanos_ == b.nanos_; }

 private:
  __extension__ using Wide = __int128;
  Wide nanos_ = 0;
  Suffix suffix_ = Suffix::decimal_si;
};

}  // namespace limen::object
