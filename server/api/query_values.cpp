#include "api/query_values.h"

#include "base/api_error.h"
#include "base/strings.h"

namespace limen::api {

std::optional<bool> query_bool(const request::Query& query, std::string_view key) {
  if (!query.has(key)) return std::nullopt;
  const std::string_view value = query.get(key);
  return !base::iequals(value, "false") && value != "0";
}

std::optional<std::int64_t> query_int(const request::Query& query, std::string_view key) {
  if (!query.has(key)) return std::nullopt;
  const std::string_view text = query.get(key);
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  if (const auto number = base::parse_int(digits)) return number;
  const bool numeric = digits.find_first_not_of("0123456789", digits.starts_with('-') ? 1 : 0) ==
                           std::string_view::npos &&
                       digits != "-" && !digits.empty();
  throw base::ApiError::bad_request("strconv.ParseInt: parsing " + base::go_quote(text) +
                                    (numeric ? ": value out of range" : ": invalid syntax"));
}

}  // namespace limen::api
