#include "quota.h"

#include <boost/json.hpp>

namespace limen::resource_quota {

Quota read_quota(const Node& object) {
  Quota out;
  out.name = object.at("/metadata/name").string_or("");
  out.version = object.at("/metadata/resourceVersion").string_or("");
  out.scopes = quota::scope_rules(object);
  out.wanted = quota::read_amounts(object.at("/spec/hard"));
  out.hard = quota::read_amounts(object.at("/status/hard"));
  out.used = quota::read_amounts(object.at("/status/used"));
  return out;
}

std::string status_json(const Quota& quota) {
  const auto list = [](const quota::Amounts& amounts) {
    boost::json::object out;
    for (const auto& [name, amount] : amounts) out[name] = amount.to_string();
    return out;
  };
  return boost::json::serialize(
      boost::json::object{{"hard", list(quota.hard)}, {"used", list(quota.used)}});
}

std::string shown(const quota::Amounts& amounts) {
  std::string out;
  for (const auto& [name, amount] : amounts) {
    out += (out.empty() ? "" : ",") + name + "=" + amount.to_string();
  }
  return out;
}

}  // namespace limen::resource_quota
