#include "config/yaml_values.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/strings.h"
#include "config/load.h"
#include "object/json_pointer.h"

namespace limen::config {

namespace {

constexpr std::string_view kStandardTags = "tag:yaml.org,2002:";

std::optional<object::Json> integer(std::string_view text) {
  bool negative = false;
  std::string_view digits = text;
  if (digits.starts_with('-') || digits.starts_with('+')) {
    negative = digits[0] == '-';
    digits.remove_prefix(1);
  }
  int base = 10;
  if (digits.starts_with("0x")) base = 16;
  if (digits.starts_with("0o")) base = 8;
  if (base != 10) {
    if (digits.size() != text.size()) return std::nullopt;  // 0x and 0o carry no sign
    digits.remove_prefix(2);
  }
  if (digits.empty()) return std::nullopt;
  std::uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!negative && magnitude <= kMax) return object::Json(static_cast<std::int64_t>(magnitude));
  if (!negative) return object::Json(magnitude);
  if (magnitude <= kMax) return object::Json(-static_cast<std::int64_t>(magnitude));
  if (magnitude == kMax + 1) return object::Json(std::numeric_limits<std::int64_t>::min());
  return std::nullopt;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
std::optional<object::Json> floating(std::string_view text) {
  std::string_view rest = text;
  const bool plus = rest.starts_with('+');
  if (plus) rest.remove_prefix(1);
  const std::string_view digits = rest.starts_with('-') && !plus ? rest.substr(1) : rest;
  if (digits.empty() || !(digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9'))) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc() || end != rest.data() + rest.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return object::Json(value);
}

}  // namespace

Position position_of(const YAML::Node& node) { return position_of(node.Mark()); }

Position position_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1};
}

std::optional<object::Json> scalar_value(const YAML::Node& node) {
  std::string_view tag = node.Tag();
  if (node.IsNull()) return object::Json(nullptr);
  const std::string& text = node.Scalar();
  if (tag == "!") return object::Json(text);
  std::string_view forced;
  if (tag.starts_with(kStandardTags)) {
    forced = tag.substr(kStandardTags.size());
  } else if (!tag.empty() && tag != "?") {
    return std::nullopt;
  }
  if (forced == "str") return object::Json(text);

  object::Json value;
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    value = nullptr;
  } else if (text == "true" || text == "True" || text == "TRUE") {
    value = true;
  } else if (text == "false" || text == "False" || text == "FALSE") {
    value = false;
  } else if (auto whole = integer(text)) {
    value = *whole;
  } else if (auto broken = floating(text)) {
    value = *broken;
  } else {
    value = text;
  }
  const bool as_forced = forced.empty() || (forced == "null" && value.is_null()) ||
                         (forced == "bool" && value.is_bool()) ||
                         (forced == "int" && (value.is_int64() || value.is_uint64())) ||
                         (forced == "float" && value.is_number());
  if (!as_forced) return std::nullopt;
  return value;
}

std::string_view kind_of(const YAML::Node& node) {
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  if (!node.IsDefined() || node.IsNull()) return "nothing";
  const auto value = scalar_value(node);
  if (!value) return "a tagged value";
  if (value->is_bool()) return "true or false";
  if (value->is_number()) return "a number";
  return value->is_null() ? "nothing" : "text";
}

object::Json SubtreeReader::read(const YAML::Node& node) { return value(node, "", 0); }

object::Json SubtreeReader::value(const YAML::Node& node, const std::string& pointer,
                                  std::size_t depth) {
  if (stopped_) return nullptr;
  if (depth > kMaxDepth || ++values_ > kMaxValues) {
    stopped_ = true;
    findings_.add(position_of(node), path_,
                  depth > kMaxDepth
                      ? "is nested more than " + std::to_string(kMaxDepth) + " levels deep"
                      : "holds more than " + std::to_string(kMaxValues) + " values");
    return nullptr;
  }
  positions_.emplace_back(pointer, position_of(node));
  if (node.IsMap()) return map(node, pointer, depth);
  if (node.IsSequence()) {
    boost::json::array out;
    std::size_t index = 0;
    for (const YAML::Node& item : node) {
      out.push_back(value(item, pointer + '/' + std::to_string(index), depth + 1));
      ++index;
    }
    return out;
  }
  auto scalar = scalar_value(node);
  if (scalar) return *scalar;
  findings_.add(position_of(node), path_,
                "the tag " + base::go_quote(node.Tag()) + " has no meaning here");
  return nullptr;
}

object::Json SubtreeReader::map(const YAML::Node& node, const std::string& pointer,
                                std::size_t depth) {
  boost::json::object out;
  for (const auto& item : node) {
    if (!item.first.IsScalar()) {
      findings_.add(position_of(item.first), path_, "a key must be text");
      continue;
    }
    const std::string& key = item.first.Scalar();
    if (out.contains(key)) {
      findings_.add(position_of(item.first), path_, "duplicate key " + base::go_quote(key));
      continue;
    }
    out.emplace(key, value(item.second, pointer + '/' + object::pointer_part(key), depth + 1));
  }
  return out;
}

}  // namespace limen::config
