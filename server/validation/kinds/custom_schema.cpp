// Schemas of custom resources: that they are structural (KEP-1979), so that every field is known
// where it stands, and that what they say can be checked.
#include <string>

#include "base/strings.h"
#include "catalog/custom/schema.h"
#include "object/metadata.h"
#include "validation/custom/objects.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::find;
using object::member;
using object::text_at;

enum class Place { root, item, field };

bool flag(const Json& schema, std::string_view key) { return is_true(member(schema, key)); }

// int-or-string may spell out its two types, by itself or in front of other rules.
bool is_int_or_string_choice(const Json* any_of) {
  const std::span<const Json> choices = elements(any_of);
  if (choices.size() != 2) return false;
  const auto only_type = [](const Json& choice, std::string_view type) {
    return members(&choice).size() == 1 && text_at(choice, "type") == type;
  };
  return only_type(choices[0], "integer") && only_type(choices[1], "string");
}

class SchemaRules {
 public:
  explicit SchemaRules(Causes& causes) : causes_(causes) {}

  void structural(const Json& schema, Place place, const FieldPath& path) {
    unsupported(schema, path);
    type(schema, place, path);
    extensions(schema, path);
    lists(schema, path);
    metadata(schema, place, path);
    additional(schema, place, path);
    default_of(schema, place, path);
    const bool choice = is_int_or_string_choice(member(schema, "anyOf"));
    const std::span<const Json> all_of = elements(member(schema, "allOf"));
    const bool first_choice =
        !all_of.empty() && is_int_or_string_choice(member(all_of.front(), "anyOf"));
    values(schema, choice, first_choice, path);
    complete(schema, schema, path, path);
    if (const Json* items = member(schema, "items"); items && items->is_object()) {
      structural(*items, Place::item, path.child("items"));
    }
    const FieldPath properties = path.child("properties");
    for (const auto& property : members(member(schema, "properties"))) {
      structural(property.value(), Place::field, properties.key(property.key()));
    }
  }

 private:
  void unsupported(const Json& schema, const FieldPath& path) {
    for (const std::string_view key :
         {"$ref", "id", "definitions", "dependencies", "patternProperties", "additionalItems"}) {
      const Json* value = member(schema, key);
      if (value && !value->is_null()) {
        causes_.forbidden(path.child(key), std::string(key) + " is not supported");
      }
    }
    if (const Json* items = member(schema, "items"); items && items->is_array()) {
      causes_.forbidden(path.child("items"), "items must be a schema object and not an array");
    }
    if (flag(schema, "uniqueItems")) {
      causes_.forbidden(
          path.child("uniqueItems"),
          "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
    }
  }

  void type(const Json& schema, Place place, const FieldPath& path) {
    const FieldPath at = path.child("type");
    const std::string_view type = text_at(schema, "type");
    if (type == "null") {
      causes_.forbidden(at, "type cannot be set to null, use nullable as an alternative");
    } else {
      check_enum(type, {"array", "boolean", "integer", "number", "object", "string"}, at, false,
                 causes_);
    }
    const Json* items = member(schema, "items");
    if (type == "array" && (!items || items->is_null())) {
      causes_.required(path.child("items"), "must be specified");
    }
    if (flag(schema, "x-kubernetes-embedded-resource") && type != "object") {
      constexpr std::string_view kWhy = "must be object if x-kubernetes-embedded-resource is true";
      type.empty() ? causes_.required(at, kWhy) : causes_.invalid(at, type, kWhy);
    } else if (type.empty() && !flag(schema, "x-kubernetes-int-or-string") &&
               !flag(schema, "x-kubernetes-preserve-unknown-fields")) {
      causes_.required(at, place == Place::root ? "must not be empty at the root"
                           : place == Place::item
                               ? "must not be empty for specified array items"
                               : "must not be empty for specified object fields");
    }
    if (place == Place::root && !type.empty() && type != "object") {
      causes_.invalid(at, type, "must be object at the root");
    }
  }

  void extensions(const Json& schema, const FieldPath& path) {
    if (flag(schema, "x-kubernetes-int-or-string")) {
      for (const std::string_view key :
           {"x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"}) {
        if (!flag(schema, key)) continue;
        causes_.invalid(path.child(key), Json(true),
                        "must be false if x-kubernetes-int-or-string is true");
      }
    }
    const Json* preserve = member(schema, "x-kubernetes-preserve-unknown-fields");
    if (preserve && preserve->is_bool() && !preserve->get_bool()) {
      causes_.invalid(path.child("x-kubernetes-preserve-unknown-fields"), *preserve,
                      "must be true or undefined");
    }
    if (flag(schema, "x-kubernetes-embedded-resource") && !is_true(preserve) &&
        members(member(schema, "properties")).empty()) {
      causes_.required(path.child("properties"),
                       "must not be empty if x-kubernetes-embedded-resource is true without "
                       "x-kubernetes-preserve-unknown-fields");
    }
    const std::string_view map_type = text_at(schema, "x-kubernetes-map-type");
    if (!map_type.empty()) {
      check_enum(map_type, {"atomic", "granular"}, path.child("x-kubernetes-map-type"), false,
                 causes_);
      needs_type(schema, "object", "must be object if x-kubernetes-map-type is specified", path);
    }
  }

  void needs_type(const Json& schema, std::string_view wanted, std::string_view why,
                  const FieldPath& path) {
    const std::string_view type = text_at(schema, "type");
    if (type == wanted) return;
    type.empty() ? causes_.required(path.child("type"), why)
                 : causes_.invalid(path.child("type"), type, why);
  }

  void lists(const Json& schema, const FieldPath& path) {
    const std::string_view list_type = text_at(schema, "x-kubernetes-list-type");
    const std::span<const Json> keys = elements(member(schema, "x-kubernetes-list-map-keys"));
    const FieldPath keys_path = path.child("x-kubernetes-list-map-keys");
    if (!list_type.empty()) {
      needs_type(schema, "array", "must be array if x-kubernetes-list-type is specified", path);
      check_enum(list_type, {"atomic", "map", "set"}, path.child("x-kubernetes-list-type"), false,
                 causes_);
    }
    if (!keys.empty() && list_type != "map") {
      constexpr std::string_view kWhy = "must be map if x-kubernetes-list-map-keys is non-empty";
      const FieldPath at = path.child("x-kubernetes-list-type");
      list_type.empty() ? causes_.required(at, kWhy) : causes_.invalid(at, list_type, kWhy);
    }
    if (list_type != "map") return;
    if (keys.empty()) {
      causes_.required(keys_path, "must not be empty if x-kubernetes-list-type is map");
    }
    const Json* items = member(schema, "items");
    if (!items || !items->is_object()) return;
    if (text_at(*items, "type") != "object") {
      causes_.invalid(path.child("items").child("type"), text_at(*items, "type"),
                      "must be object if parent array's x-kubernetes-list-type is map");
    }
    std::size_t index = 0;
    for (const Json& key : keys) map_key(*items, text(&key), path, keys_path.index(index++));
  }

  void map_key(const Json& items, std::string_view key, const FieldPath& path,
               const FieldPath& key_path) {
    const Json* property = find(items, {"properties", key});
    if (!property) {
      causes_.invalid(key_path, key, "entries must all be names of item properties");
      return;
    }
    const FieldPath at = path.child("items").child("properties").key(key);
    const std::string_view type = text_at(*property, "type");
    if (type == "array" || type == "object") {
      causes_.invalid(at.child("type"), type,
                      "must be a scalar type if parent array's x-kubernetes-list-type is map");
    }
    for (const Json& required : elements(member(items, "required"))) {
      if (text(&required) == key) return;
    }
    if (!has(*property, "default")) {
      causes_.required(at.child("default"),
                       "this property is in x-kubernetes-list-map-keys, so it must have a default "
                       "or be a required property");
    }
  }

  void metadata(const Json& schema, Place place, const FieldPath& path) {
    if (place != Place::root && !flag(schema, "x-kubernetes-embedded-resource")) return;
    const FieldPath properties = path.child("properties");
    for (const std::string_view key : {"kind", "apiVersion"}) {
      const Json* property = find(schema, {"properties", key});
      if (property && text_at(*property, "type") != "string") {
        causes_.invalid(properties.key(key).child("type"), text_at(*property, "type"),
                        "must be string");
      }
    }
    const Json* metadata = find(schema, {"properties", "metadata"});
    if (!metadata) return;
    bool plain = true;
    for (const auto& entry : members(metadata)) {
      const std::string_view key = entry.key();
      if (key == "properties") {
        for (const auto& property : members(&entry.value())) {
          plain = plain && (property.key() == "name" || property.key() == "generateName");
        }
      } else if (key != "type" && key != "description") {
        plain = false;
      }
    }
    if (!plain) {
      causes_.forbidden(properties.key("metadata"),
                        "must not specify anything other than name and generateName, but metadata "
                        "is implicitly specified");
    }
  }

  void additional(const Json& schema, Place place, const FieldPath& path) {
    const Json* additional = member(schema, "additionalProperties");
    if (!additional || additional->is_null()) return;
    const FieldPath at = path.child("additionalProperties");
    if (place == Place::root) causes_.forbidden(at, "must not be used at the root");
    if (!members(member(schema, "properties")).empty() && !is_true(additional)) {
      causes_.forbidden(at, "additionalProperties and properties are mutual exclusive");
    }
    if (additional->is_object()) structural(*additional, Place::field, at);
  }

  // A default is there in every object that leaves its field out: it must fit.
  void default_of(const Json& schema, Place place, const FieldPath& path) {
    const Json* value = member(schema, "default");
    if (!value || value->is_null()) return;
    const FieldPath at = path.child("default");
    if (place == Place::root) return causes_.forbidden(at, "must not be set at the root");
    const catalog::Schema compiled = catalog::compile_schema(schema);
    Json pruned(*value);
    prune_value(pruned, compiled);
    if (pruned != *value) {
      return causes_.invalid(at, *value, "must not have unknown fields");
    }
    default_value(pruned, compiled);
    check_value(pruned, nullptr, compiled, at.text(), causes_);
  }

  void values(const Json& schema, bool skip_any_of, bool skip_first_any_of, const FieldPath& path) {
    const std::string_view pattern = text_at(schema, "pattern");
    if (!pattern.empty()) {
      const std::string problem = catalog::Pattern::problem(pattern);
      if (!problem.empty()) {
        causes_.invalid(
            path.child("pattern"), pattern,
            "must be a valid regular expression, but isn't: error parsing regexp: " + problem);
      }
    }
    for (const std::string_view key : {"anyOf", "allOf", "oneOf"}) {
      if (key == "anyOf" && skip_any_of) continue;
      std::size_t index = 0;
      for (const Json& one : elements(member(schema, key))) {
        const bool skip = key == "allOf" && index == 0 && skip_first_any_of;
        nested(one, skip, path.child(key).index(index++));
      }
    }
    if (const Json* none_of = member(schema, "not")) nested(*none_of, false, path.child("not"));
  }

  // Below allOf and the like only values may be restricted.
  void nested(const Json& schema, bool skip_any_of, const FieldPath& path) {
    struct Row {
      std::string_view key, why;
    };
    static constexpr Row kRows[] = {
        {"type", "must be empty to be structural"},
        {"additionalProperties", "must be undefined to be structural"},
        {"default", "must be undefined to be structural"},
        {"title", "must be empty to be structural"},
        {"description", "must be empty to be structural"},
        {"nullable", "must be false to be structural"},
        {"x-kubernetes-preserve-unknown-fields", "must be false to be structural"},
        {"x-kubernetes-embedded-resource", "must be false to be structural"},
        {"x-kubernetes-int-or-string", "must be false to be structural"},
        {"x-kubernetes-list-type", "must be undefined to be structural"},
        {"x-kubernetes-list-map-keys", "must be empty to be structural"},
        {"x-kubernetes-map-type", "must be undefined to be structural"},
    };
    for (const Row& row : kRows) {
      const Json* value = member(schema, row.key);
      const bool said = value && !value->is_null() && !(value->is_bool() && !value->get_bool()) &&
                        !(value->is_string() && value->get_string().empty());
      if (said) causes_.forbidden(path.child(row.key), row.why);
    }
    if (find(schema, {"properties", "metadata"})) {
      causes_.forbidden(path.child("properties").key("metadata"),
                        "must not be specified in a nested context");
    }
    values(schema, skip_any_of, false, path);
    if (const Json* items = member(schema, "items"); items && items->is_object()) {
      nested(*items, false, path.child("items"));
    }
    for (const auto& property : members(member(schema, "properties"))) {
      nested(property.value(), false, path.child("properties").key(property.key()));
    }
  }

  // What is restricted below allOf and the like must be there outside of it as well.
  void complete(const Json& schema, const Json& outside, const FieldPath& path,
                const FieldPath& outside_path) {
    for (const std::string_view key : {"anyOf", "allOf", "oneOf"}) {
      std::size_t index = 0;
      for (const Json& one : elements(member(schema, key))) {
        covered(one, outside, path.child(key).index(index++), outside_path);
      }
    }
    if (const Json* none_of = member(schema, "not")) {
      covered(*none_of, outside, path.child("not"), outside_path);
    }
  }

  void covered(const Json& nested, const Json& outside, const FieldPath& path,
               const FieldPath& outside_path) {
    complete(nested, outside, path, outside_path);
    if (const Json* items = member(nested, "items"); items && items->is_object()) {
      const Json* own = member(outside, "items");
      if (!own) {
        causes_.required(outside_path.child("items"),
                         "because it is defined in " + path.child("items").text());
      } else {
        covered(*items, *own, path.child("items"), outside_path.child("items"));
      }
    }
    for (const auto& property : members(member(nested, "properties"))) {
      const std::string_view name = property.key();
      const FieldPath at = path.child("properties").key(name);
      const FieldPath own_path = outside_path.child("properties").key(name);
      const Json* own = find(outside, {"properties", name});
      if (!own) {
        causes_.required(own_path, "because it is defined in " + at.text());
      } else {
        covered(property.value(), *own, at, own_path);
      }
    }
  }

  Causes& causes_;
};

}  // namespace

void check_custom_schema(const Json& schema, const FieldPath& path, Causes& causes) {
  SchemaRules(causes).structural(schema, Place::root, path);
}

}  // namespace limen::validation::kinds
