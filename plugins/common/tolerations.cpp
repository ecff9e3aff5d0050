#include "common/tolerations.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstddef>
#include <utility>

namespace limen::plugins {

namespace {

namespace json = boost::json;

// False when the member is there and no string.
bool take_text(const json::object& from, std::string_view key, std::string& to) {
  const json::value* found = from.if_contains(key);
  if (found == nullptr || found->is_null()) return true;
  if (!found->is_string()) return false;
  to = std::string(found->get_string());
  return true;
}

bool take_seconds(const json::object& from, std::optional<std::int64_t>& to) {
  const json::value* found = from.if_contains("tolerationSeconds");
  if (found == nullptr || found->is_null()) return true;
  if (!found->is_int64()) return false;
  to = found->get_int64();
  return true;
}

std::optional<Toleration> parse_toleration(const json::value& one) {
  Toleration out;
  if (one.is_null()) return out;
  if (!one.is_object()) return std::nullopt;
  const json::object& from = one.get_object();
  if (take_text(from, "key", out.key) && take_text(from, "operator", out.op) &&
      take_text(from, "value", out.value) && take_text(from, "effect", out.effect) &&
      take_seconds(from, out.seconds)) {
    return out;
  }
  return std::nullopt;
}

}  // namespace

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
  if (*this == other) return true;
  const bool any_key = key.empty() && op == "Exists";
  if (key != other.key && !any_key) return false;
  if (effect != other.effect && !effect.empty()) return false;
  // Without seconds it is for ever.
  if (effect == "NoExecute" && seconds && (!other.seconds || *other.seconds > *seconds))
    return false;
  if (op == "Exists") return true;
  return (op == "Equal" || op.empty()) && other.op == "Equal" && value == other.value;
}

std::vector<Toleration> read_tolerations(const Node& list) {
  std::vector<Toleration> out;
  for (const auto& [key, one] : list) out.push_back(Toleration::read(one));
  return out;
}

std::optional<std::vector<Toleration>> parse_tolerations(std::string_view text) {
  boost::system::error_code error;
  const json::value root = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !(root.is_array() || root.is_null())) return std::nullopt;
  std::vector<Toleration> out;
  if (root.is_null()) return out;
  for (const json::value& one : root.get_array()) {
    auto toleration = parse_toleration(one);
    if (!toleration) return std::nullopt;
    out.push_back(*std::move(toleration));
  }
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
      return !(other == one) && other.covers(one);
    };
    if (std::any_of(out.begin(), out.end(), wider)) continue;
    if (std::any_of(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end(), wider_later)) {
      continue;
    }
    out.push_back(one);
  }
  return out;
}

bool all_covered(const std::vector<Toleration>& list, const std::vector<Toleration>& allowed) {
  return std::all_of(list.begin(), list.end(), [&](const Toleration& one) {
    return std::any_of(allowed.begin(), allowed.end(),
                       [&](const Toleration& other) { return other.covers(one); });
  });
}

}  // namespace limen::plugins
