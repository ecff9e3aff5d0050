#include "api/openapi/custom_schemas.h"

#include <algorithm>
#include <array>

#include "base/json_text.h"
#include "base/strings.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::api {
namespace {

using object::Json;

constexpr std::string_view kMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.";

std::string reversed(std::string_view group) {
  std::string out;
  for (const std::string_view part : base::split(group, '.')) {
    out = out.empty() ? std::string(part) : std::string(part) + "." + out;
  }
  return out;
}

Json text_property(std::string_view about) {
  return boost::json::object{{"type", "string"}, {"description", about}};
}

Json reference(std::string_view type, Dialect dialect) {
  return boost::json::object{
      {"$ref", std::string(reference_prefix(dialect)) + std::string(kMeta) + std::string(type)}};
}

// What every object has, whether the schema tells of it or not.
void add_own_members(Json& schema, Dialect dialect) {
  if (!schema.is_object()) schema.emplace_object();
  schema.get_object()["type"] = "object";
  boost::json::object& properties = object::object_at(schema, "properties");
  properties["apiVersion"] = text_property("The version of the schema this object is written in.");
  properties["kind"] = text_property("What the object is.");
  properties["metadata"] = reference("ObjectMeta", dialect);
}

void add_kind(Json& schema, const catalog::CustomKind& kind, std::string_view name) {
  const auto text = [](std::string_view view) {
    return boost::json::string_view(view.data(), view.size());
  };
  boost::json::array kinds;
  kinds.push_back(boost::json::object{{"group", text(kind.resource.group)},
                                      {"kind", text(name)},
                                      {"version", text(kind.resource.version)}});
  schema.get_object()["x-kubernetes-group-version-kind"] = std::move(kinds);
}

bool flag(const boost::json::object& schema, std::string_view key) {
  const Json* value = schema.if_contains(boost::json::string_view(key.data(), key.size()));
  return value && value->is_bool() && value->get_bool();
}

// Swagger 2.0 knows neither alternatives nor nulls nor defaults that clients would not apply: what
// it cannot say it leaves open.
void to_swagger(Json& schema) {
  boost::json::object* const members = schema.if_object();
  if (!members) return;
  for (const char* key : {"oneOf", "anyOf", "allOf", "not", "default", "example"})
    members->erase(key);
  const bool open = flag(*members, "nullable") || flag(*members, "x-kubernetes-int-or-string");
  members->erase("nullable");
  if (open || flag(*members, "x-kubernetes-preserve-unknown-fields")) {
    for (const char* key : {"properties", "items", "additionalProperties", "required"})
      members->erase(key);
  }
  if (open) members->erase("type");
  if (Json* properties = members->if_contains("properties");
      properties && properties->is_object()) {
    for (auto& entry : properties->get_object()) to_swagger(entry.value());
  }
  for (const char* key : {"items", "additionalProperties"}) {
    Json* below = members->if_contains(key);
    if (!below) continue;
    if (below->is_object()) {
      to_swagger(*below);
    } else {
      members->erase(key);
    }
  }
}

// The schema as the definition has it.
Json schema_of(const catalog::CustomKind& kind) {
  Json none;
  none.emplace_object();
  const auto& text = kind.definition->text();
  if (!text) return none;
  const object::Document document = object::Document::parse(*text);
  const Json* versions = object::find(document.root(), {"spec", "versions"});
  if (!versions || !versions->is_array()) return none;
  for (const Json& version : versions->get_array()) {
    if (object::text_at(version, "name") != kind.resource.version) continue;
    const Json* schema = object::find(version, {"schema", "openAPIV3Schema"});
    return schema ? object::mutable_copy(*schema) : none;
  }
  return none;
}

}  // namespace

catalog::GroupVersion CustomSchemas::stand_in(const catalog::GroupVersion& entry) {
  std::vector<catalog::Resource>& rows = rows_.emplace_back();
  const std::string lead = reversed(entry.group) + "." + std::string(entry.version) + ".";
  for (const catalog::Resource& row : entry.resources) {
    Kind& kind = kinds_.emplace_back();
    kind.custom = row.custom;
    kind.name = lead + std::string(row.kind);
    kind.list_name = lead + row.custom->list_kind;
    kind.type.name = kind.name;
    kind.type.group = row.group;
    kind.type.version = row.version;
    kind.type.kind = row.kind;
    kind.list = kind.type;
    kind.list.name = kind.list_name;
    kind.list.kind = row.custom->list_kind;
    kind.subresources.assign(row.subresources.begin(), row.subresources.end());
    for (catalog::Subresource& sub : kind.subresources) {
      if (!sub.type) sub.type = &kind.type;
    }
    by_type_[&kind.type] = &kind;
    by_type_[&kind.list] = &kind;
    catalog::Resource& made = rows.emplace_back(row);
    made.type = &kind.type;
    made.subresources = kind.subresources;
  }
  return {entry.group, entry.version, rows};
}

const catalog::Type* CustomSchemas::list_of(const catalog::Type& type) const {
  const auto found = by_type_.find(&type);
  return found == by_type_.end() ? nullptr : &found->second->list;
}

void CustomSchemas::add_referred(TypeSet& types) {
  for (const std::string_view name : {"ObjectMeta", "ListMeta"}) {
    add_reachable(types, *catalog::find_type(std::string(kMeta) + std::string(name)));
  }
}

bool CustomSchemas::append(std::string& out, const catalog::Type& type, Dialect dialect) const {
  const auto found = by_type_.find(&type);
  if (found == by_type_.end()) return false;
  const Kind& kind = *found->second;
  if (&type == &kind.type) {
    append_kind_schema(out, kind, dialect);
  } else {
    append_list_schema(out, kind, dialect);
  }
  return true;
}

void CustomSchemas::append_kind_schema(std::string& out, const Kind& kind, Dialect dialect) const {
  Json schema = schema_of(*kind.custom);
  if (dialect == Dialect::swagger2) to_swagger(schema);
  // A kind without a schema, or that keeps anything, says nothing more of its members.
  add_own_members(schema, dialect);
  add_kind(schema, *kind.custom, kind.type.kind);
  out += object::to_json(schema);
}

void CustomSchemas::append_list_schema(std::string& out, const Kind& kind, Dialect dialect) {
  Json schema;
  add_own_members(schema, dialect);
  boost::json::object& properties = object::object_at(schema, "properties");
  properties["metadata"] = reference("ListMeta", dialect);
  properties["items"] = boost::json::object{
      {"type", "array"},
      {"items", boost::json::object{{"$ref", std::string(reference_prefix(dialect)) + kind.name}}}};
  schema.get_object()["required"] = boost::json::array{"items"};
  add_kind(schema, *kind.custom, kind.list.kind);
  out += object::to_json(schema);
}

}  // namespace limen::api
