#include "audit/managed_fields.h"

#include <string_view>

#include "object/canonical.h"
#include "object/decode.h"

namespace limen::audit {

namespace {

constexpr std::string_view kManagedFields = "managedFields";

object::Json* member(object::Json& value, std::string_view key) {
  auto* const map = value.if_object();
  return map == nullptr ? nullptr : map->if_contains(key);
}

void strip(object::Json& object) {
  object::Json* const metadata = member(object, "metadata");
  if (metadata != nullptr && metadata->is_object()) metadata->get_object().erase(kManagedFields);
}

}  // namespace

std::string without_managed_fields(std::string json) {
  if (json.find(kManagedFields) == std::string::npos) return json;
  object::DecodeLimits limits;
  limits.max_bytes = json.size();
  try {
    object::Decoded decoded = object::decode(json, object::Format::json, limits);
    strip(decoded.value);
    for (const std::string_view list : {"items", "rows"}) {
      object::Json* const items = member(decoded.value, list);
      if (items == nullptr || !items->is_array()) continue;
      for (object::Json& item : items->get_array()) {
        object::Json* const row_object = list == "rows" ? member(item, "object") : &item;
        if (row_object != nullptr) strip(*row_object);
      }
    }
    return object::to_json(decoded.value);
  } catch (const object::DecodeError&) {
    return json;
  }
}

}  // namespace limen::audit
