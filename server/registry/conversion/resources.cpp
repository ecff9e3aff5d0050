#include <string_view>

#include "object/metadata.h"
#include "registry/conversion/shapes.h"

namespace limen::registry {

namespace {

using object::Json;

// The list at `path`, or null.
boost::json::array* list_at(Json& object, std::initializer_list<std::string_view> path) {
  Json* value = &object;
  for (const std::string_view step : path) {
    value = object::member(*value, step);
    if (!value) return nullptr;
  }
  return value->is_array() ? &value->get_array() : nullptr;
}

// Moves every member but `name` and `kept` under a new member `wrapper`, if there is any.
void wrap_members(Json& value, std::string_view wrapper, std::string_view kept) {
  if (!value.is_object()) return;
  boost::json::object inner(value.storage());
  boost::json::object outer(value.storage());
  for (auto& entry : value.get_object()) {
    const std::string_view key(entry.key().data(), entry.key().size());
    (key == "name" || key == kept ? outer : inner)[entry.key()] = std::move(entry.value());
  }
  if (!inner.empty() || kept.empty()) outer[wrapper] = std::move(inner);
  value = std::move(outer);
}

// The reverse: the members of `wrapper` become members of `value`.
void unwrap_members(Json& value, std::string_view wrapper) {
  Json* found = value.is_object() ? object::member(value, wrapper) : nullptr;
  if (!found || !found->is_object()) return;
  boost::json::object inner = std::move(found->get_object());
  value.get_object().erase(wrapper);
  for (auto& entry : inner) value.get_object()[entry.key()] = std::move(entry.value());
}

void from_v1beta1(boost::json::array* requests) {
  if (!requests) return;
  for (Json& request : *requests) wrap_members(request, "exactly", "firstAvailable");
}
void to_v1beta1(boost::json::array* requests) {
  if (!requests) return;
  for (Json& request : *requests) unwrap_members(request, "exactly");
}

}  // namespace

void resource_claim_from_v1beta1(Json& claim) {
  from_v1beta1(list_at(claim, {"spec", "devices", "requests"}));
}
void resource_claim_to_v1beta1(Json& claim) {
  to_v1beta1(list_at(claim, {"spec", "devices", "requests"}));
}
void resource_claim_template_from_v1beta1(Json& claim_template) {
  from_v1beta1(list_at(claim_template, {"spec", "spec", "devices", "requests"}));
}
void resource_claim_template_to_v1beta1(Json& claim_template) {
  to_v1beta1(list_at(claim_template, {"spec", "spec", "devices", "requests"}));
}

void resource_slice_from_v1beta1(Json& slice) {
  if (boost::json::array* devices = list_at(slice, {"spec", "devices"}))
    for (Json& device : *devices) unwrap_members(device, "basic");
}
void resource_slice_to_v1beta1(Json& slice) {
  if (boost::json::array* devices = list_at(slice, {"spec", "devices"}))
    for (Json& device : *devices) wrap_members(device, "basic", "");
}

}  // namespace limen::registry
