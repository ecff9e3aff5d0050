#include "common/tolerations.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstddef>

namespace limen::plugins {

std::string json_text(std::string_view text) {
  return boost::json::serialize(boost::json::value(boost::json::string(text)));
}

Toleration Toleration::read(const Node& node) {
  return {node["key"].string_or(""), node["operator"].string_or(""), node["value"].string_or(""),
          node["effect"].string_or(""), node["tolerationSeconds"].as_int()};
}

std::string Toleration::to_json() const {
  std::string out;
  const auto add = [&](const char* name, const std::string& text) {
    if (text.empty()) return;
    out += (out.empty() ? "\"" : ",\"") + std::string(name) + "\":" + json_text(text);
  };
  add("key", key);
  add("operator", op);
  add("value", value);
  add("effect", effect);
  if (seconds) {
    out += (out.empty() ? "\"" : ",\"") + std::string("tolerationSeconds\":") +
           std::to_string(*seconds);
  }
  return "{" + out + "}";
}

bool Toleration::covers(const Toleration& other) const {
  const bool any_key = key.empty() && op == "Exists";
  if (key != other.key && !any_key) return false;
  if (effect != other.effect && !effect.empty()) return false;
  // Without seconds it is for ever.
  if (effect == "NoExecute" && seconds && (!other.seconds || *other.seconds > *seconds))
    return false;
  return op == "Exists" || (other.operation() == "Equal" && value == other.value);
}

std::vector<Toleration> read_tolerations(const Node& list) {
  std::vector<Toleration> out;
  for (const auto& [key, one] : list) out.push_back(Toleration::read(one));
  return out;
}

std::string to_json(const std::vector<Toleration>& list) {
  std::string out;
  for (const Toleration& one : list) out += (out.empty() ? "" : ",") + one.to_json();
  return "[" + out + "]";
}

std::vector<Toleration> merged(const std::vector<Toleration>& first,
                               const std::vector<Toleration>& second) {
  std::vector<Toleration> all = first;
  all.insert(all.end(), second.begin(), second.end());
  std::vector<Toleration> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Toleration& one = all[i];
    const auto wider = [&](const Toleration& other) { return other.covers(one); };
    const auto wider_later = [&](const Toleration& other) {
      return !other.same_as(one) && other.covers(one);
    };
    if (std::any_of(out.begin(), out.end(), wider)) continue;
    if (std::any_of(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end(), wider_later)) {
      continue;
    }
    out.push_back(one);
  }
  return out;
}

}  // namespace limen::plugins
