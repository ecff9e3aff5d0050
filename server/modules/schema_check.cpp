#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/strings.h"
#include "modules/schema_rule.h"
#include "object/json_pointer.h"

namespace limen::modules {

namespace {

namespace json = boost::json;

unsigned type_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return kNullType;
    case json::kind::bool_:
      return kBooleanType;
    case json::kind::int64:
    case json::kind::uint64:
      return kIntegerType | kNumberType;
    case json::kind::double_: {
      // JSON does not tell 2.0 from 2; nor does JSON Schema.
      const double number = value.get_double();
      return std::trunc(number) == number ? kIntegerType | kNumberType : kNumberType;
    }
    case json::kind::string:
      return kStringType;
    case json::kind::array:
      return kArrayType;
    case json::kind::object:
      return kObjectType;
  }
  return 0;
}

// Where a whole number is wanted, 2.0 becomes 2: a module asks for whole numbers and would find
// none in 2.0. False for one that no int64_t holds.
bool make_whole(json::value& value) {
  if (value.is_uint64()) {
    return value.get_uint64() <=
           static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  }
  if (!value.is_double()) return true;
  const double number = value.get_double();
  if (std::trunc(number) != number) return true;  // not whole, and told as that
  if (number < -0x1p63 || number >= 0x1p63) return false;
  value = static_cast<std::int64_t>(number);
  return true;
}

std::string child(const std::string& pointer, std::string_view key) {
  return pointer + "/" + object::pointer_part(key);
}

std::string number_text(double number) { return json::serialize(json::value(number)); }
std::string number_text(const std::optional<double>& number) {
  if (std::trunc(*number) == *number && std::abs(*number) < 1e15) {
    return std::to_string(static_cast<long long>(*number));
  }
  return number_text(*number);
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string listed(const std::vector<json::value>& values) {
  std::string out;
  for (const json::value& value : values) {
    if (!out.empty()) out += ", ";
    out += json::serialize(value);
  }
  return out;
}

}  // namespace

std::string type_names(unsigned types) {
  static constexpr std::pair<unsigned, std::string_view> kNames[] = {
      {kNullType, "null"},     {kBooleanType, "boolean"}, {kIntegerType, "integer"},
      {kNumberType, "number"}, {kStringType, "string"},   {kArrayType, "array"},
      {kObjectType, "object"}};
  std::string out;
  for (const auto& [bit, name] : kNames) {
    if ((types & bit) == 0) continue;
    if (!out.empty()) out += " or ";
    out += name;
  }
  return out;
}

void ConfigSchema::Rule::check(json::value& value, const std::string& pointer,
                               std::vector<ConfigFinding>& findings) const {
  if ((types & (kIntegerType | kNumberType)) == kIntegerType && !make_whole(value)) {
    findings.push_back({pointer, "must be a whole number that fits 64 bits"});
    return;
  }
  const unsigned type = type_of(value);
  if (types != 0 && (type & types) == 0) {
    const unsigned shown = type == (kIntegerType | kNumberType) ? kNumberType : type;
    findings.push_back({pointer, "must be " + type_names(types) + ", not " + type_names(shown)});
    return;
  }
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
    findings.push_back({pointer, "must be one of " + listed(allowed)});
    return;
  }
  if (value.is_number()) check_number(value.to_number<double>(), pointer, findings);
  if (json::string* text = value.if_string()) check_string(*text, pointer, findings);
  if (json::array* array = value.if_array()) check_array(*array, pointer, findings);
  if (json::object* object = value.if_object()) check_object(*object, pointer, findings);
}

void ConfigSchema::Rule::check_number(double number, const std::string& pointer,
                                      std::vector<ConfigFinding>& findings) const {
  if (minimum && number < *minimum) {
    findings.push_back({pointer, "must be at least " + number_text(minimum)});
  }
  if (maximum && number > *maximum) {
    findings.push_back({pointer, "must be at most " + number_text(maximum)});
  }
  if (exclusive_minimum && number <= *exclusive_minimum) {
    findings.push_back({pointer, "must be more than " + number_text(exclusive_minimum)});
  }
  if (exclusive_maximum && number >= *exclusive_maximum) {
    findings.push_back({pointer, "must be less than " + number_text(exclusive_maximum)});
  }
}

void ConfigSchema::Rule::check_string(std::string_view text, const std::string& pointer,
                                      std::vector<ConfigFinding>& findings) const {
  const std::size_t length = code_points(text);
  if (min_length && length < *min_length) {
    findings.push_back(
        {pointer, *min_length == 1
                      ? "must not be empty"
                      : "must have at least " + std::to_string(*min_length) + " characters"});
  }
  if (max_length && length > *max_length) {
    findings.push_back(
        {pointer, "must have at most " + std::to_string(*max_length) + " characters"});
  }
  if (pattern && !re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern)) {
    findings.push_back({pointer, "must match " + pattern_text});
  }
}

void ConfigSchema::Rule::check_array(json::array& array, const std::string& pointer,
                                     std::vector<ConfigFinding>& findings) const {
  if (min_items && array.size() < *min_items) {
    findings.push_back({pointer, "must have at least " + std::to_string(*min_items) + " items"});
  }
  if (max_items && array.size() > *max_items) {
    findings.push_back({pointer, "must have at most " + std::to_string(*max_items) + " items"});
    return;
  }
  for (std::size_t i = 0; i < array.size(); ++i) {
    const std::string where = pointer + "/" + std::to_string(i);
    if (items) items->check(array[i], where, findings);
    if (unique_items && std::find(array.begin(), array.begin() + static_cast<std::ptrdiff_t>(i),
                                  array[i]) != array.begin() + static_cast<std::ptrdiff_t>(i)) {
      findings.push_back({where, "stands in the list already"});
    }
  }
}

void ConfigSchema::Rule::check_object(json::object& object, const std::string& pointer,
                                      std::vector<ConfigFinding>& findings) const {
  for (const auto& [name, rule] : properties) {
    if (rule->default_value && !object.contains(name)) object.emplace(name, *rule->default_value);
  }
  for (const std::string& name : required) {
    if (!object.contains(name)) {
      findings.push_back({pointer, "key \"" + name + "\" is required"});
    }
  }
  for (auto& member : object) {
    const std::string_view key(member.key().data(), member.key().size());
    const auto found = properties.find(key);
    if (found != properties.end()) {
      found->second->check(member.value(), child(pointer, key), findings);
    } else if (additional) {
      additional->check(member.value(), child(pointer, key), findings);
    } else if (!additional_allowed) {
      std::vector<std::string> known;
      for (const auto& [name, rule] : properties) known.push_back(name);
      findings.push_back({child(pointer, key),
                          known.empty() ? "unknown key; there are none here"
                                        : "unknown key; known are " + base::join(known, ", ")});
    }
  }
}

}  // namespace limen::modules
