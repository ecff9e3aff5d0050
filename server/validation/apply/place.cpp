#include "validation/apply/place.h"

#include <algorithm>
#include <optional>

#include "object/canonical.h"
#include "object/metadata.h"

namespace limen::validation::apply {

namespace {

using catalog::Field;
using catalog::ListType;
using catalog::Scalar;
using catalog::Schema;
using catalog::Shape;
using object::Json;
using Kind = Place::Kind;

Place of_field(Kind kind, const catalog::Type* type, const Field* field) {
  Place place;
  place.kind = kind;
  place.type = type;
  place.field = field;
  return place;
}

// One value of the field's scalar: the field itself, an item or a map's value.
Place single_place(const Field& field) {
  if (field.scalar == Scalar::any) return {};
  if (field.scalar != Scalar::object) return of_field(Kind::leaf, nullptr, &field);
  if (field.type == nullptr) return {};
  const bool whole = field.type->atomic && !field.granular_map;
  return of_field(whole ? Kind::atomic : Kind::record, field.type, &field);
}

// What a key is when an item leaves it out; null: then it must not. Of built-in kinds ports alone
// may: they speak TCP unless they say otherwise.
const Json* default_of(const Place& list, std::string_view key) {
  static const Json kProtocol("TCP");
  if (list.schema == nullptr) return key == "protocol" ? &kProtocol : nullptr;
  const Schema* property = list.schema->items() ? list.schema->items()->property(key) : nullptr;
  return property ? property->otherwise() : nullptr;
}

Place of_schema(Kind kind, const Schema& schema, bool resource = false) {
  Place place;
  place.kind = kind;
  place.schema = &schema;
  place.resource = resource;
  return place;
}

bool is_record(const Schema& schema) { return !schema.properties().empty() || schema.embedded; }

// The members every object has; nothing for others.
std::optional<Place> resource_member(const Place& place, std::string_view name) {
  if (!place.resource) return std::nullopt;
  if (name == "metadata") {
    return root_place(catalog::find_type("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"));
  }
  if (name == "apiVersion" || name == "kind") return of_field(Kind::leaf, nullptr, nullptr);
  return std::nullopt;
}

}  // namespace

Place root_place(const Model& model) {
  if (model.schema != nullptr) return of_schema(Kind::record, *model.schema, true);
  if (model.type == nullptr) return {};
  return of_field(Kind::record, model.type, nullptr);
}

Place place_of(const Schema& schema) {
  using catalog::ValueType;
  if (schema.int_or_string) return of_schema(Kind::leaf, schema);
  switch (schema.type) {
    case ValueType::any:
      if (!is_record(schema)) return {};
      [[fallthrough]];
    case ValueType::object:
      if (schema.atomic_map) return of_schema(Kind::atomic, schema, schema.embedded);
      if (is_record(schema)) return of_schema(Kind::record, schema, schema.embedded);
      if (schema.members()) return of_schema(Kind::map, schema);
      return {};
    case ValueType::array:
      if (schema.list_type == ListType::set) return of_schema(Kind::set_list, schema);
      if (schema.list_type == ListType::map) return of_schema(Kind::keyed_list, schema);
      return of_schema(Kind::atomic, schema);
    default:
      return of_schema(Kind::leaf, schema);
  }
}

Place place_of(const Field& field) {
  switch (field.shape) {
    case Shape::single:
      if (field.atomic_map) return of_field(Kind::atomic, field.type, &field);
      return single_place(field);
    case Shape::map:
      return of_field(field.atomic_map ? Kind::atomic : Kind::map, field.type, &field);
    case Shape::list:
      break;
  }
  if (field.list_type == ListType::set) return of_field(Kind::set_list, field.type, &field);
  if (field.list_type == ListType::map) return of_field(Kind::keyed_list, field.type, &field);
  return of_field(Kind::atomic, field.type, &field);
}

Place item_place(const Place& place) {
  if (place.schema != nullptr) {
    const Schema* below = place.kind == Kind::map ? place.schema->members() : place.schema->items();
    return below ? place_of(*below) : Place{};
  }
  if (place.field == nullptr) return {};
  if (place.kind == Kind::map && place.field->map_of_lists) {
    return of_field(Kind::atomic, nullptr, nullptr);
  }
  return single_place(*place.field);
}

Place member_place(const Place& place, std::string_view name) {
  if (place.kind == Kind::map) return item_place(place);
  if (place.schema != nullptr) {
    if (place.kind != Kind::record) return {};
    if (const auto own = resource_member(place, name)) return *own;
    const Schema* property = place.schema->property(name);
    if (!property) property = place.schema->members();
    return property ? place_of(*property) : Place{};
  }
  const Field* field = place.kind == Kind::record ? place.type->field(name) : nullptr;
  return field ? place_of(*field) : Place{};
}

bool is_declared(const Place& place, std::string_view name) {
  if (place.schema != nullptr) {
    return place.kind == Kind::record &&
           (resource_member(place, name) || place.schema->property(name) != nullptr);
  }
  return place.kind == Kind::record && place.type->field(name) != nullptr;
}

bool takes_any_member(const Place& place) {
  return place.kind == Kind::record && place.schema != nullptr &&
         (place.schema->preserve_unknown || place.schema->any_member || place.schema->members());
}

bool walks_members(const Place& place) {
  return place.kind == Kind::record || place.kind == Kind::map || place.kind == Kind::open;
}

bool is_list(const Place& place) {
  return place.kind == Kind::set_list || place.kind == Kind::keyed_list;
}

PathElement item_element(const Place& list, const Json& item, std::string_view* missing) {
  if (list.kind == Kind::set_list) return {PathElement::Kind::value, object::to_json(item)};
  std::vector<std::string_view> keys;
  if (list.schema != nullptr) {
    const auto own = list.schema->map_keys();
    keys.assign(own.begin(), own.end());
  } else {
    keys.assign(list.field->list_map_keys.begin(), list.field->list_map_keys.end());
  }
  std::sort(keys.begin(), keys.end());
  std::string text = "{";
  for (const std::string_view key : keys) {
    const Json* value = object::member(item, key);
    if (value == nullptr) value = default_of(list, key);
    if (value == nullptr) {
      if (missing != nullptr && missing->empty()) *missing = key;
      continue;
    }
    if (text.size() > 1) text += ',';
    object::append_json(text, Json(key));
    text += ':';
    object::append_json(text, *value);
  }
  return {PathElement::Kind::key, text + '}'};
}

std::vector<Item> items_of(const Place& list, const Json* value) {
  std::vector<Item> items;
  if (value == nullptr || !value->is_array()) return items;
  items.reserve(value->get_array().size());
  for (const Json& item : value->get_array()) items.push_back({item_element(list, item), &item});
  return items;
}

std::vector<Item> sorted_items_of(const Place& list, const Json* value) {
  std::vector<Item> items = items_of(list, value);
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return a.element < b.element; });
  return items;
}

const boost::json::object* members_of(const Json* value) {
  return value == nullptr ? nullptr : value->if_object();
}

bool is_hollow(const Json* value) {
  if (value == nullptr || value->is_null()) return true;
  if (value->is_object()) return value->get_object().empty();
  return value->is_array() && value->get_array().empty();
}

}  // namespace limen::validation::apply
