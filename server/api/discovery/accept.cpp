#include "api/discovery/accept.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"

namespace limen::api {
namespace {

std::string_view unquote(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    return value.substr(1, value.size() - 2);
  }
  return value;
}

// A quality that is no number counts as 1, as Go's autoneg does.
double read_quality(std::string_view value) {
  double quality = 1;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), quality);
  return error == std::errc() && end == value.data() + value.size() ? quality : 1;
}

bool read_clause(std::string_view text, AcceptClause& clause) {
  const std::vector<std::string_view> parts = base::split(text, ';');
  const std::string_view range = base::trim(parts[0]);
  const std::size_t slash = range.find('/');
  if (range == "*") {
    clause.type = clause.subtype = range;
  } else if (slash == std::string_view::npos) {
    return false;
  } else {
    clause.type = range.substr(0, slash);
    clause.subtype = range.substr(slash + 1);
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = base::trim(parts[i].substr(0, equals));
    const std::string_view value = unquote(base::trim(parts[i].substr(equals + 1)));
    if (base::iequals(name, "q")) {
      clause.quality = read_quality(value);
    } else {
      clause.parameters.emplace_back(name, value);
    }
  }
  return !clause.type.empty() && !clause.subtype.empty();
}

}  // namespace

bool AcceptClause::covers(std::string_view media_type) const {
  const std::size_t slash = media_type.find('/');
  return (type == "*" || base::iequals(type, media_type.substr(0, slash))) &&
         (subtype == "*" || base::iequals(subtype, media_type.substr(slash + 1)));
}

std::string_view AcceptClause::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (base::iequals(key, name)) return value;
  }
  return {};
}

std::vector<AcceptClause> parse_accept(std::string_view header) {
  if (base::trim(header).empty()) header = "*/*";
  std::vector<AcceptClause> clauses;
  for (const std::string_view part : base::split(header, ',')) {
    AcceptClause clause;
    if (read_clause(part, clause) && clause.quality > 0) clauses.push_back(std::move(clause));
  }
  std::stable_sort(
      clauses.begin(), clauses.end(),
      [](const AcceptClause& a, const AcceptClause& b) { return a.quality > b.quality; });
  return clauses;
}

}  // namespace limen::api
