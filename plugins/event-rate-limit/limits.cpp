#include "limits.h"

#include <optional>
#include <utility>

#include "common/go_quote.h"

namespace limen::plugins {

namespace {

constexpr std::size_t kDefaultCacheSize = 4096;

constexpr std::pair<std::string_view, LimitType> kTypes[] = {
    {"Namespace", LimitType::name_space},
    {"Server", LimitType::server},
    {"SourceAndObject", LimitType::source_and_object},
    {"User", LimitType::user}};

std::optional<LimitType> type_of(std::string_view name) {
  for (const auto& [known, type] : kTypes)
    if (known == name) return type;
  return std::nullopt;
}

// Tells of each fault as (pointer, message).
template <class Tell>
void check(const Node& limits, Tell tell) {
  if (limits.size() == 0) return tell("/limits", "limits: Invalid value: []: must not be empty");
  std::size_t index = 0;
  for (const auto& [key, limit] : limits) {
    const std::string number = std::to_string(index++);
    const auto refuse = [&](const char* field, const std::string& what) {
      tell("/limits/" + number + "/" + field, "limits[" + number + "]." + field + ": " + what);
    };
    const auto positive = [&](const char* field) {
      const std::int64_t value = limit[field].int_or(0);
      if (value <= 0)
        refuse(field, "Invalid value: " + std::to_string(value) + ": must be positive");
    };
    const std::string_view type = limit["type"].view_or("");
    if (!type_of(type)) {
      refuse("type", "Unsupported value: " + go_quote(std::string(type)) +
                         ": supported values: \"Namespace\", \"Server\", \"SourceAndObject\", "
                         "\"User\"");
    }
    positive("burst");
    positive("qps");
    const std::int64_t size = limit["cacheSize"].int_or(0);
    if (size < 0 && type_of(type) != LimitType::server) {
      refuse("cacheSize", "Invalid value: " + std::to_string(size) + ": must not be negative");
    }
  }
}

// Where an event names its source and the object it is about, in each of its two groups.
std::string source_and_object(const AdmissionCall& call) {
  const bool is_core = call.attributes().api_group().empty();
  const Node event = call.object();
  const Node source = event[is_core ? "source" : "deprecatedSource"];
  const Node about = event[is_core ? "involvedObject" : "regarding"];
  return source["component"].string_or("") + source["host"].string_or("") +
         about["kind"].string_or("") + about["namespace"].string_or("") +
         about["name"].string_or("") + about["uid"].string_or("") +
         about["apiVersion"].string_or("");
}

}  // namespace

std::string_view name_of(LimitType type) {
  for (const auto& [name, known] : kTypes)
    if (known == type) return name;
  return {};
}

void check_limits(const Node& config, Findings& findings) {
  check(config["limits"], [&](const std::string& pointer, const std::string& message) {
    findings.error(pointer, message);
  });
}

std::vector<Limit> read_limits(const Node& config) {
  check(config["limits"],
        [](const std::string&, const std::string& message) { throw ConfigError(message); });
  std::vector<Limit> out;
  for (const auto& [key, one] : config["limits"]) {
    Limit limit;
    limit.type = type_of(one["type"].view_or("")).value_or(LimitType::server);
    limit.qps = static_cast<double>(one["qps"].int_or(0));
    limit.burst = static_cast<double>(one["burst"].int_or(0));
    if (limit.type != LimitType::server) {
      const std::int64_t size = one["cacheSize"].int_or(0);
      limit.cache_size = size == 0 ? kDefaultCacheSize : static_cast<std::size_t>(size);
    }
    out.push_back(limit);
  }
  return out;
}

std::string key_of(LimitType type, const AdmissionCall& call) {
  switch (type) {
    case LimitType::server:
      return {};
    case LimitType::name_space:
      return std::string(call.attributes().ns());
    case LimitType::user:
      return std::string(call.attributes().user().name());
    case LimitType::source_and_object:
      return source_and_object(call);
  }
  return {};
}

}  // namespace limen::plugins
