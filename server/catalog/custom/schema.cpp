#include "catalog/custom/schema.h"

#include <re2/re2.h>

#include <algorithm>

#include "object/metadata.h"

namespace limen::catalog {

namespace {

// What one pattern may take once it is used; most take a few kilobytes.
constexpr std::int64_t kPatternBytes = 1024 * 1024;

re2::RE2::Options pattern_options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternBytes);
  return options;
}

constexpr std::string_view kTypeNames[] = {"",        "object", "array",  "string",
                                           "integer", "number", "boolean"};

ValueType type_of(std::string_view name) {
  for (std::size_t i = 1; i < std::size(kTypeNames); ++i) {
    if (kTypeNames[i] == name) return static_cast<ValueType>(i);
  }
  return ValueType::any;
}

bool flag(const Json& json, std::string_view key) {
  const Json* value = object::member(json, key);
  return value && value->is_bool() && value->get_bool();
}

std::optional<double> number(const Json& json, std::string_view key) {
  const Json* value = object::member(json, key);
  if (!value || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

std::optional<std::int64_t> whole(const Json& json, std::string_view key) {
  const Json* value = object::member(json, key);
  if (!value || !value->is_number()) return std::nullopt;
  return object::int_or(value, 0);
}

// A plain copy would lie in the document it is taken from, which the schema outlives.
Json own_copy(const Json& json) {
  Json copy(json, boost::json::storage_ptr());
  return copy;
}

std::vector<Schema> schemas(const Json& json, std::string_view key) {
  std::vector<Schema> list;
  const Json* value = object::member(json, key);
  if (!value || !value->is_array()) return list;
  list.reserve(value->get_array().size());
  for (const Json& one : value->get_array()) list.push_back(compile_schema(one));
  return list;
}

std::unique_ptr<Schema> schema_in(const Json& json, std::string_view key) {
  const Json* value = object::member(json, key);
  if (!value || !value->is_object()) return nullptr;
  return std::make_unique<Schema>(compile_schema(*value));
}

ListType list_type_of(std::string_view name) {
  if (name == "atomic") return ListType::atomic;
  if (name == "set") return ListType::set;
  return name == "map" ? ListType::map : ListType::none;
}

std::unique_ptr<NumberRules> number_rules_of(const Json& json) {
  NumberRules rules;
  rules.minimum = number(json, "minimum");
  rules.maximum = number(json, "maximum");
  rules.multiple_of = number(json, "multipleOf");
  if (!rules.minimum && !rules.maximum && !rules.multiple_of) return nullptr;
  rules.above_minimum = flag(json, "exclusiveMinimum");
  rules.below_maximum = flag(json, "exclusiveMaximum");
  return std::make_unique<NumberRules>(rules);
}

std::unique_ptr<SizeRules> size_rules_of(const Json& json) {
  SizeRules rules;
  rules.min_length = whole(json, "minLength");
  rules.max_length = whole(json, "maxLength");
  rules.min_items = whole(json, "minItems");
  rules.max_items = whole(json, "maxItems");
  rules.min_members = whole(json, "minProperties");
  rules.max_members = whole(json, "maxProperties");
  const bool any = rules.min_length || rules.max_length || rules.min_items || rules.max_items ||
                   rules.min_members || rules.max_members;
  return any ? std::make_unique<SizeRules>(rules) : nullptr;
}

std::unique_ptr<JoinedRules> joined_rules_of(const Json& json) {
  JoinedRules rules;
  rules.all_of = schemas(json, "allOf");
  rules.any_of = schemas(json, "anyOf");
  rules.one_of = schemas(json, "oneOf");
  rules.none_of = schema_in(json, "not");
  const bool any = !rules.all_of.empty() || !rules.any_of.empty() || !rules.one_of.empty() ||
                   rules.none_of != nullptr;
  return any ? std::make_unique<JoinedRules>(std::move(rules)) : nullptr;
}

std::unique_ptr<ValueRules> rules_of(const Json& json) {
  ValueRules rules;
  if (const Json* allowed = object::member(json, "enum"); allowed && allowed->is_array()) {
    rules.allowed.reserve(allowed->get_array().size());
    for (const Json& one : allowed->get_array()) rules.allowed.push_back(own_copy(one));
  }
  rules.required = object::texts_of(object::member(json, "required"));
  rules.required.shrink_to_fit();
  rules.format = object::text_at(json, "format");
  const std::string_view pattern = object::text_at(json, "pattern");
  if (!pattern.empty()) rules.pattern = std::make_unique<Pattern>(std::string(pattern));
  rules.number = number_rules_of(json);
  rules.size = size_rules_of(json);
  rules.joined = joined_rules_of(json);
  const bool any = !rules.allowed.empty() || !rules.required.empty() || !rules.format.empty() ||
                   rules.pattern || rules.number || rules.size || rules.joined;
  return any ? std::make_unique<ValueRules>(std::move(rules)) : nullptr;
}

std::vector<Property> properties_of(const Json& json) {
  std::vector<Property> properties;
  const Json* found = object::member(json, "properties");
  if (!found || !found->is_object()) return properties;
  properties.reserve(found->get_object().size());
  for (const auto& entry : found->get_object()) {
    const boost::json::string_view key = entry.key();
    properties.push_back({std::string(key.data(), key.size()), compile_schema(entry.value())});
  }
  std::sort(properties.begin(), properties.end(),
            [](const Property& a, const Property& b) { return a.name < b.name; });
  return properties;
}

std::unique_ptr<Schema::Below> below_of(const Json& json) {
  Schema::Below below;
  below.properties = properties_of(json);
  below.items = schema_in(json, "items");
  below.members = schema_in(json, "additionalProperties");
  if (const Json* otherwise = object::member(json, "default"); otherwise && !otherwise->is_null()) {
    below.otherwise = std::make_unique<Json>(own_copy(*otherwise));
  }
  std::vector<std::string> keys =
      object::texts_of(object::member(json, "x-kubernetes-list-map-keys"));
  if (!keys.empty()) below.map_keys = std::make_unique<std::vector<std::string>>(std::move(keys));
  const bool any = !below.properties.empty() || below.items || below.members || below.otherwise ||
                   below.map_keys;
  return any ? std::make_unique<Schema::Below>(std::move(below)) : nullptr;
}

// What holds of a schema when it holds of one below it.
void look_below(Schema& schema) {
  const auto add = [&schema](const Schema& below) {
    schema.has_defaults = schema.has_defaults || below.has_defaults;
    schema.has_rules = schema.has_rules || below.has_rules;
  };
  for (const Property& property : schema.properties()) add(property.schema);
  if (const Schema* items = schema.items()) add(*items);
  if (const Schema* members = schema.members()) add(*members);
}

}  // namespace

std::string_view value_type_name(ValueType type) {
  return kTypeNames[static_cast<std::size_t>(type)];
}

Pattern::Pattern(std::string text) : text_(std::move(text)) {}
Pattern::~Pattern() = default;

bool Pattern::found_in(std::string_view value) const {
  std::call_once(once_,
                 [this] { compiled_ = std::make_unique<re2::RE2>(text_, pattern_options()); });
  return compiled_->ok() &&
         re2::RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), *compiled_);
}

std::string Pattern::problem(std::string_view text) {
  const re2::RE2 compiled(re2::StringPiece(text.data(), text.size()), pattern_options());
  return compiled.ok() ? std::string() : compiled.error();
}

Schema::Schema() = default;
Schema::~Schema() = default;
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;

std::span<const Property> Schema::properties() const {
  return below ? std::span<const Property>(below->properties) : std::span<const Property>();
}

const Schema* Schema::property(std::string_view name) const {
  const auto all = properties();
  const auto found = std::lower_bound(
      all.begin(), all.end(), name,
      [](const Property& property, std::string_view wanted) { return property.name < wanted; });
  return found != all.end() && found->name == name ? &found->schema : nullptr;
}

const Schema* Schema::items() const { return below ? below->items.get() : nullptr; }
const Schema* Schema::members() const { return below ? below->members.get() : nullptr; }
const Json* Schema::otherwise() const { return below ? below->otherwise.get() : nullptr; }

std::span<const std::string> Schema::map_keys() const {
  if (!below || !below->map_keys) return {};
  return *below->map_keys;
}

bool Schema::empty() const {
  return type == ValueType::any && !preserve_unknown && !embedded && !int_or_string &&
         !any_member && !below && !rules;
}

Schema compile_schema(const Json& json) {
  Schema schema;
  if (!json.is_object()) return schema;
  schema.type = type_of(object::text_at(json, "type"));
  schema.nullable = flag(json, "nullable");
  schema.preserve_unknown = flag(json, "x-kubernetes-preserve-unknown-fields");
  schema.embedded = flag(json, "x-kubernetes-embedded-resource");
  schema.int_or_string = flag(json, "x-kubernetes-int-or-string");
  schema.list_type = list_type_of(object::text_at(json, "x-kubernetes-list-type"));
  schema.atomic_map = object::text_at(json, "x-kubernetes-map-type") == "atomic";
  schema.any_member = flag(json, "additionalProperties");
  schema.below = below_of(json);
  schema.has_defaults = schema.otherwise() != nullptr;
  const Json* validations = object::member(json, "x-kubernetes-validations");
  schema.has_rules = validations && validations->is_array() && !validations->get_array().empty();
  schema.rules = rules_of(json);
  look_below(schema);
  return schema;
}

}  // namespace limen::catalog
