#include "validation/custom/formats.h"

#include <arpa/inet.h>
#include <re2/re2.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/strings.h"
#include "base/time.h"
#include "object/names.h"

namespace limen::validation {

namespace {

using re2::RE2;

bool full_match(std::string_view text, const RE2& expression) {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression);
}

template <int kIndex>
bool like(std::string_view text, const char* expression) {
  static const RE2 compiled(expression);
  return full_match(text, compiled);
}

bool is_ip(std::string_view text, int family) {
  unsigned char bytes[16];
  return inet_pton(family, std::string(text).c_str(), bytes) == 1;
}

bool is_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view address = text.substr(0, slash);
  const auto bits = base::parse_int(text.substr(slash + 1));
  const bool v6 = is_ip(address, AF_INET6);
  if (!v6 && !is_ip(address, AF_INET)) return false;
  return bits && *bits >= 0 && *bits <= (v6 ? 128 : 32);
}

bool is_date(std::string_view text) {
  return text.size() == 10 && base::parse_time(std::string(text) + "T00:00:00Z").has_value();
}

// Go's durations (1h30m, -1.5s), and whole numbers of days or weeks as go-openapi takes them.
bool is_duration(std::string_view text) {
  return like<1>(
             text,
             R"([+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*)") ||
         text == "0" || like<2>(text, R"((\d+)\s*([A-Za-zµμ]+))");
}

bool is_uri(std::string_view text) {
  return like<3>(text, R"(([A-Za-z][A-Za-z0-9+.\-]*:|/)[^\s\x00-\x1f\x7f]*)");
}

// The numbers on cards and books end with a digit that checks the others.
bool is_credit_card(std::string_view text) {
  int sum = 0, digits = 0;
  for (std::size_t i = text.size(); i-- > 0;) {
    if (text[i] == '-' || text[i] == ' ') continue;
    if (text[i] < '0' || text[i] > '9') return false;
    int digit = text[i] - '0';
    if (digits++ % 2 == 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return digits >= 13 && digits <= 16 && sum % 10 == 0;
}

std::string without_dashes(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '-' && c != ' ') out += c;
  }
  return out;
}

bool is_isbn10(std::string_view text) {
  const std::string digits = without_dashes(text);
  if (!like<4>(digits, "[0-9]{9}[0-9X]")) return false;
  int sum = 0;
  for (int i = 0; i < 10; ++i) {
    const char c = digits[static_cast<std::size_t>(i)];
    sum += (i + 1) * (c == 'X' ? 10 : c - '0');
  }
  return sum % 11 == 0;
}

bool is_isbn13(std::string_view text) {
  const std::string digits = without_dashes(text);
  if (!like<5>(digits, "[0-9]{13}")) return false;
  int sum = 0;
  for (int i = 0; i < 13; ++i) {
    sum += (digits[static_cast<std::size_t>(i)] - '0') * (i % 2 == 0 ? 1 : 3);
  }
  return sum % 10 == 0;
}

struct Row {
  std::string_view name;
  bool (*matches)(std::string_view text);  // null: says nothing of texts
};

constexpr Row kRows[] = {
    {"bsonobjectid", [](std::string_view t) { return like<10>(t, "[0-9a-fA-F]{24}"); }},
    {"byte",
     [](std::string_view t) {
       return like<11>(
           t, "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})");
     }},
    {"cidr", is_cidr},
    {"creditcard", is_credit_card},
    {"date", is_date},
    {"date-time", [](std::string_view t) { return base::parse_time(t).has_value(); }},
    {"datetime", [](std::string_view t) { return base::parse_time(t).has_value(); }},
    {"double", nullptr},
    {"duration", is_duration},
    {"email", [](std::string_view t) { return like<12>(t, R"([^@\s<>]+@[^@\s<>]+)"); }},
    {"float", nullptr},
    {"hexcolor",
     [](std::string_view t) { return like<13>(t, "#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"); }},
    {"hostname",
     [](std::string_view t) {
       return t.size() <= 255 &&
              like<14>(
                  t,
                  R"(([A-Za-z0-9]([A-Za-z0-9\-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9\-]{0,61}[A-Za-z0-9])?)*\.?)");
     }},
    {"int32", nullptr},
    {"int64", nullptr},
    {"ipv4", [](std::string_view t) { return is_ip(t, AF_INET); }},
    {"ipv6", [](std::string_view t) { return is_ip(t, AF_INET6); }},
    {"isbn", [](std::string_view t) { return is_isbn10(t) || is_isbn13(t); }},
    {"isbn10", is_isbn10},
    {"isbn13", is_isbn13},
    {"k8s-long-name", [](std::string_view t) { return object::dns1123_subdomain(t).empty(); }},
    {"k8s-short-name", [](std::string_view t) { return object::dns1123_label(t).empty(); }},
    {"mac",
     [](std::string_view t) {
       return like<15>(
           t, "([0-9a-fA-F]{2}[:-]){5,19}[0-9a-fA-F]{2}|([0-9a-fA-F]{4}[.]){2,9}[0-9a-fA-F]{4}");
     }},
    {"password", nullptr},
    {"rgbcolor",
     [](std::string_view t) {
       return like<16>(
           t,
           R"(rgb\(\s*(0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])\s*\))");
     }},
    {"ssn", [](std::string_view t) { return like<17>(t, R"(\d{3}[- ]?\d{2}[- ]?\d{4})"); }},
    {"uri", is_uri},
    {"uuid",
     [](std::string_view t) {
       return like<18>(t, "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}");
     }},
    {"uuid3",
     [](std::string_view t) {
       return like<19>(t, "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}");
     }},
    {"uuid4",
     [](std::string_view t) {
       return like<20>(
           t, "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}");
     }},
    {"uuid5",
     [](std::string_view t) {
       return like<21>(
           t, "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}");
     }},
};

const Row* find_row(std::string_view format) {
  for (const Row& row : kRows) {
    if (row.name == format) return &row;
  }
  return nullptr;
}

}  // namespace

bool is_known_format(std::string_view format) { return find_row(format) != nullptr; }

bool matches_format(std::string_view format, std::string_view text) {
  const Row* row = find_row(format);
  return !row || !row->matches || row->matches(text);
}

bool fits_format(std::string_view format, const object::Json& number) {
  const double value = number.to_number<double>();
  if (format == "int32") {
    return value >= std::numeric_limits<std::int32_t>::min() &&
           value <= std::numeric_limits<std::int32_t>::max();
  }
  // 2^63 itself is the first that does not fit.
  if (format == "int64") return number.is_int64() || (value >= -0x1p63 && value < 0x1p63);
  if (format == "float") return std::abs(value) <= std::numeric_limits<float>::max();
  return true;
}

}  // namespace limen::validation
