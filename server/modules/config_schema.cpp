#include "modules/config_schema.h"

#include <cmath>

#include "modules/schema_rule.h"

namespace limen::modules {

namespace {

namespace json = boost::json;
using Rule = ConfigSchema::Rule;

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw SchemaError("schema at \"" + where + "\": " + why);
}

std::string text_of(const json::value& value, const std::string& where) {
  if (!value.is_string()) refuse(where, "must be a string");
  return std::string(value.get_string());
}

double number_of(const json::value& value, const std::string& where) {
  if (!value.is_number()) refuse(where, "must be a number");
  return value.to_number<double>();
}

std::uint64_t count_of(const json::value& value, const std::string& where) {
  const double number = number_of(value, where);
  if (number < 0 || number > 1e15 || std::trunc(number) != number) {
    refuse(where, "must be a count");
  }
  return static_cast<std::uint64_t>(number);
}

bool bool_of(const json::value& value, const std::string& where) {
  if (!value.is_bool()) refuse(where, "must be a boolean");
  return value.get_bool();
}

const json::array& array_of(const json::value& value, const std::string& where) {
  if (!value.is_array()) refuse(where, "must be an array");
  return value.get_array();
}

unsigned type_bit(std::string_view name, const std::string& where) {
  if (name == "null") return kNullType;
  if (name == "boolean") return kBooleanType;
  if (name == "integer") return kIntegerType;
  if (name == "number") return kNumberType | kIntegerType;
  if (name == "string") return kStringType;
  if (name == "array") return kArrayType;
  if (name == "object") return kObjectType;
  refuse(where, "\"" + std::string(name) + "\" is not a type");
}

unsigned types_of(const json::value& value, const std::string& where) {
  if (value.is_string()) return type_bit(value.get_string(), where);
  unsigned types = 0;
  for (const json::value& item : array_of(value, where))
    types |= type_bit(text_of(item, where), where);
  if (types == 0) refuse(where, "names no type");
  return types;
}

std::unique_ptr<const Rule> compile(const json::value& schema, const std::string& where, int depth);

void compile_properties(Rule& rule, const json::value& value, const std::string& where, int depth) {
  if (!value.is_object()) refuse(where, "must be an object");
  for (const auto& member : value.get_object()) {
    const std::string key(member.key());
    rule.properties.emplace(key, compile(member.value(), where + "/" + key, depth + 1));
  }
}

void compile_pattern(Rule& rule, const json::value& value, const std::string& where) {
  rule.pattern_text = text_of(value, where);
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto pattern = std::make_unique<re2::RE2>(rule.pattern_text, options);
  if (!pattern->ok()) refuse(where, "not an RE2 pattern: " + pattern->error());
  rule.pattern = std::move(pattern);
}

void compile_additional(Rule& rule, const json::value& value, const std::string& where, int depth) {
  if (value.is_bool()) {
    rule.additional_allowed = value.get_bool();
  } else {
    rule.additional = compile(value, where, depth + 1);
  }
}

// True when `key` is one that narrows numbers, text or lists.
bool compile_limit(Rule& rule, std::string_view key, const json::value& value,
                   const std::string& where) {
  if (key == "minimum") {
    rule.minimum = number_of(value, where);
  } else if (key == "maximum") {
    rule.maximum = number_of(value, where);
  } else if (key == "exclusiveMinimum") {
    rule.exclusive_minimum = number_of(value, where);
  } else if (key == "exclusiveMaximum") {
    rule.exclusive_maximum = number_of(value, where);
  } else if (key == "minLength") {
    rule.min_length = count_of(value, where);
  } else if (key == "maxLength") {
    rule.max_length = count_of(value, where);
  } else if (key == "minItems") {
    rule.min_items = count_of(value, where);
  } else if (key == "maxItems") {
    rule.max_items = count_of(value, where);
  } else if (key == "uniqueItems") {
    rule.unique_items = bool_of(value, where);
  } else {
    return false;
  }
  return true;
}

// True when `key` says nothing to the check.
bool is_annotation(std::string_view key) {
  return key == "title" || key == "description" || key == "examples" || key == "$schema" ||
         key == "$comment";
}

void compile_keyword(Rule& rule, std::string_view key, const json::value& value,
                     const std::string& where, int depth) {
  if (is_annotation(key) || compile_limit(rule, key, value, where)) return;
  if (key == "type") {
    rule.types = types_of(value, where);
  } else if (key == "properties") {
    compile_properties(rule, value, where, depth);
  } else if (key == "required") {
    for (const json::value& item : array_of(value, where)) {
      rule.required.push_back(text_of(item, where));
    }
  } else if (key == "additionalProperties") {
    compile_additional(rule, value, where, depth);
  } else if (key == "items") {
    rule.items = compile(value, where, depth + 1);
  } else if (key == "enum") {
    const json::array& values = array_of(value, where);
    if (values.empty()) refuse(where, "allows no value");
    rule.allowed.assign(values.begin(), values.end());
  } else if (key == "const") {
    rule.allowed = {value};
  } else if (key == "pattern") {
    compile_pattern(rule, value, where);
  } else if (key == "default") {
    rule.default_value = value;
  } else {
    refuse(where, "keyword \"" + std::string(key) + "\" is not supported");
  }
}

std::unique_ptr<const Rule> compile(const json::value& schema, const std::string& where,
                                    int depth) {
  if (depth > ConfigSchema::kMaxDepth) refuse(where, "is nested too deep");
  if (!schema.is_object()) refuse(where, "must be an object");
  auto rule = std::make_unique<Rule>();
  for (const auto& member : schema.get_object()) {
    const std::string key(member.key());
    compile_keyword(*rule, key, member.value(), where + "/" + key, depth);
  }
  if (rule->default_value) {
    // A default that breaks its own rule would be blamed on the operator.
    std::vector<ConfigFinding> findings;
    json::value copy = *rule->default_value;
    rule->check(copy, "", findings);
    if (!findings.empty()) refuse(where + "/default", findings.front().message);
    rule->default_value = std::move(copy);
  }
  return rule;
}

}  // namespace

ConfigSchema ConfigSchema::parse(std::string_view text) {
  json::error_code error;
  json::parse_options options;
  options.max_depth = 4 * kMaxDepth;  // a level of schema takes up to three of JSON
  const json::value schema =
      json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) throw SchemaError("schema is not JSON: " + error.message());
  return ConfigSchema(compile(schema, "", 0));
}

std::vector<ConfigFinding> ConfigSchema::check(json::value& config) const {
  std::vector<ConfigFinding> findings;
  root_->check(config, "", findings);
  return findings;
}

}  // namespace limen::modules
