#include "validation/go_time.h"

#include <array>

#include "base/strings.h"

namespace limen::validation {

namespace {

struct Element {
  std::string_view layout;
  std::size_t digits;  // 0: the text itself is expected
  int low, high;
  std::string_view range;  // what is out of range
};

constexpr std::array<Element, 11> kElements = {{{"2006", 4, 0, 9999, "year"},
                                                {"-", 0, 0, 0, ""},
                                                {"01", 2, 1, 12, "month"},
                                                {"-", 0, 0, 0, ""},
                                                {"02", 2, 1, 31, "day"},
                                                {"T", 0, 0, 0, ""},
                                                {"15", 2, 0, 23, "hour"},
                                                {":", 0, 0, 0, ""},
                                                {"04", 2, 0, 59, "minute"},
                                                {":", 0, 0, 0, ""},
                                                {"05", 2, 0, 59, "second"}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string go_time_error(std::string_view text, bool micro) {
  const std::string_view layout =
      micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00";
  const std::string quoted = base::go_quote(text);
  const std::string lead = "parsing time " + quoted;
  const auto cannot = [&](std::string_view rest, std::string_view element) {
    return lead + " as " + base::go_quote(layout) + ": cannot parse " + base::go_quote(rest) +
           " as " + base::go_quote(element);
  };
  std::string_view rest = text;
  for (const Element& element : kElements) {
    if (element.digits == 0) {
      if (!rest.starts_with(element.layout)) return cannot(rest, element.layout);
      rest.remove_prefix(element.layout.size());
      continue;
    }
    int value = 0;
    for (std::size_t i = 0; i < element.digits; ++i) {
      if (i >= rest.size() || !is_digit(rest[i])) return cannot(rest, element.layout);
      value = value * 10 + (rest[i] - '0');
    }
    if (value < element.low || value > element.high) {
      return lead + ": " + std::string(element.range) + " out of range";
    }
    rest.remove_prefix(element.digits);
  }
  if (rest.starts_with(".")) {
    std::size_t end = 1;
    while (end < rest.size() && is_digit(rest[end])) ++end;
    if (end == 1) return cannot(rest, micro ? ".000000" : "Z07:00");
    rest.remove_prefix(end);
  }
  if (rest.starts_with("Z") && rest.size() > 1) {
    return lead + ": extra text: " + base::go_quote(rest.substr(1));
  }
  if (rest != "Z") return cannot(rest, "Z07:00");
  return lead + ": day out of range";  // every element fits: a day its month does not have
}

}  // namespace limen::validation
