#include "validation/apply/place.h"

#include <algorithm>

#include "object/canonical.h"
#include "object/metadata.h"

namespace limen::validation::apply {

namespace {

using catalog::Field;
using catalog::ListType;
using catalog::Scalar;
using catalog::Shape;
using object::Json;
using Kind = Place::Kind;

// One value of the field's scalar: the field itself, an item or a map's value.
Place single_place(const Field& field) {
  if (field.scalar == Scalar::any) return {};
  if (field.scalar != Scalar::object) return {Kind::leaf, nullptr, &field};
  if (field.type == nullptr) return {};
  const bool whole = field.type->atomic && !field.granular_map;
  return {whole ? Kind::atomic : Kind::record, field.type, &field};
}

// The one key that may be left out: ports speak TCP unless they say otherwise.
std::string_view default_of(std::string_view key) {
  return key == "protocol" ? std::string_view("TCP") : std::string_view();
}

}  // namespace

Place root_place(const catalog::Type* type) {
  if (type == nullptr) return {};
  return {Kind::record, type, nullptr};
}

Place place_of(const Field& field) {
  switch (field.shape) {
    case Shape::single:
      if (field.atomic_map) return {Kind::atomic, field.type, &field};
      return single_place(field);
    case Shape::map:
      return {field.atomic_map ? Kind::atomic : Kind::map, field.type, &field};
    case Shape::list:
      break;
  }
  if (field.list_type == ListType::set) return {Kind::set_list, field.type, &field};
  if (field.list_type == ListType::map) return {Kind::keyed_list, field.type, &field};
  return {Kind::atomic, field.type, &field};
}

Place item_place(const Place& place) {
  if (place.field == nullptr) return {};
  if (place.kind == Kind::map && place.field->map_of_lists) return {Kind::atomic, nullptr, nullptr};
  return single_place(*place.field);
}

Place member_place(const Place& place, std::string_view name) {
  if (place.kind == Kind::map) return item_place(place);
  const Field* field = place.kind == Kind::record ? place.type->field(name) : nullptr;
  return field ? place_of(*field) : Place{};
}

bool is_declared(const Place& place, std::string_view name) {
  return place.kind == Kind::record && place.type->field(name) != nullptr;
}

bool walks_members(const Place& place) {
  return place.kind == Kind::record || place.kind == Kind::map || place.kind == Kind::open;
}

bool is_list(const Place& place) {
  return place.kind == Kind::set_list || place.kind == Kind::keyed_list;
}

PathElement item_element(const Place& list, const Json& item, std::string_view* missing) {
  if (list.kind == Kind::set_list) return {PathElement::Kind::value, object::to_json(item)};
  std::vector<std::string_view> keys(list.field->list_map_keys.begin(),
                                     list.field->list_map_keys.end());
  std::sort(keys.begin(), keys.end());
  std::string text = "{";
  for (const std::string_view key : keys) {
    const Json* value = object::member(item, key);
    const std::string_view otherwise = default_of(key);
    if (value == nullptr && otherwise.empty()) {
      if (missing != nullptr && missing->empty()) *missing = key;
      continue;
    }
    if (text.size() > 1) text += ',';
    object::append_json(text, Json(key));
    text += ':';
    object::append_json(text, value ? *value : Json(otherwise));
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
