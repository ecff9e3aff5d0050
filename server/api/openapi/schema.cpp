#include "api/openapi/schema.h"

#include "api/openapi/descriptions.h"
#include "base/json_text.h"

namespace limen::api {
namespace {

using catalog::Field;
using catalog::ListType;
using catalog::Scalar;
using catalog::Shape;
using catalog::Type;

void append_member(std::string& out, std::string_view name, std::string_view value) {
  base::append_json_string(out, name);
  out += ':';
  base::append_json_string(out, value);
  out += ',';
}

void close_object(std::string& out) {
  if (out.back() == ',') {
    out.back() = '}';
  } else {
    out += '}';
  }
}

std::string_view plain_schema(Scalar scalar) {
  switch (scalar) {
    case Scalar::string:
      return R"({"type":"string"})";
    case Scalar::boolean:
      return R"({"type":"boolean"})";
    case Scalar::int32:
      return R"({"type":"integer","format":"int32"})";
    case Scalar::int64:
      return R"({"type":"integer","format":"int64"})";
    case Scalar::float64:
      return R"({"type":"number","format":"double"})";
    case Scalar::bytes:
      return R"({"type":"string","format":"byte"})";
    case Scalar::object:
    case Scalar::time:
    case Scalar::quantity:
    case Scalar::int_or_string:
    case Scalar::any:
      break;  // always named, hence references
  }
  return R"({"type":"object"})";
}

bool ends_with_name(const Type& type, std::string_view name) {
  return type.name.ends_with(name) && type.name[type.name.size() - name.size() - 1] == '.';
}

// What a named scalar is. JSON-valued types of custom resource schemas may be anything; raw
// extensions, field sets and patches are objects.
std::string_view scalar_schema(const Type& type, Dialect dialect) {
  const bool v3 = dialect == Dialect::openapi3;
  switch (type.scalar) {
    case Scalar::time:
      return R"({"type":"string","format":"date-time"})";
    case Scalar::quantity:
      return v3 ? R"({"oneOf":[{"type":"string"},{"type":"number"}]})" : R"({"type":"string"})";
    case Scalar::int_or_string:
      return v3 ? R"({"format":"int-or-string","oneOf":[{"type":"integer"},{"type":"string"}]})"
                : R"({"type":"string","format":"int-or-string"})";
    default:
      break;
  }
  const bool is_object = ends_with_name(type, "RawExtension") || ends_with_name(type, "FieldsV1") ||
                         ends_with_name(type, "Patch");
  return is_object ? R"({"type":"object"})" : "{}";
}

void append_value(std::string& out, const Field& field, Dialect dialect) {
  const Type* named = field.type != nullptr ? field.type : field.named;
  if (named != nullptr) {
    append_reference(out, *named, dialect);
  } else {
    out += plain_schema(field.scalar);
  }
}

std::string_view list_type_name(ListType type) {
  switch (type) {
    case ListType::atomic:
      return "atomic";
    case ListType::set:
      return "set";
    case ListType::map:
      return "map";
    case ListType::none:
      break;
  }
  return "";
}

void append_list_extensions(std::string& out, const Field& field) {
  if (!field.list_map_keys.empty()) {
    out += "\"x-kubernetes-list-map-keys\":[";
    for (const std::string_view key : field.list_map_keys) {
      base::append_json_string(out, key);
      out += ',';
    }
    out.back() = ']';
    out += ',';
  }
  if (field.list_type != ListType::none) {
    append_member(out, "x-kubernetes-list-type", list_type_name(field.list_type));
  }
}

std::string patch_strategy(const Field& field) {
  if (field.patch_replace) return "replace";
  std::string out = field.patch_merge ? "merge" : "";
  if (field.patch_retain_keys) out += out.empty() ? "retainKeys" : ",retainKeys";
  return out;
}

// What is said of a field beside its type, each member with a comma after it: its description and
// the x-kubernetes members.
std::string said_of(const Type& type, const Field& field) {
  std::string out;
  const std::string_view description = description_of(type, field);
  if (!description.empty()) append_member(out, "description", description);
  append_list_extensions(out, field);
  if (field.atomic_map) append_member(out, "x-kubernetes-map-type", "atomic");
  if (field.granular_map) append_member(out, "x-kubernetes-map-type", "granular");
  if (!field.patch_merge_key.empty()) {
    append_member(out, "x-kubernetes-patch-merge-key", field.patch_merge_key);
  }
  const std::string strategy = patch_strategy(field);
  if (!strategy.empty()) append_member(out, "x-kubernetes-patch-strategy", strategy);
  return out;
}

// A single value with what is said of it. OpenAPI 3.0 ignores what stands beside a $ref, so there
// the reference moves into allOf.
void append_single(std::string& out, const Field& field, Dialect dialect, const std::string& said) {
  const bool is_reference = field.type != nullptr || field.named != nullptr;
  if (said.empty()) {
    append_value(out, field, dialect);
    return;
  }
  if (is_reference && dialect == Dialect::openapi3) {
    out += "{\"allOf\":[";
    append_value(out, field, dialect);
    out += "],";
  } else {
    append_value(out, field, dialect);
    out.back() = ',';
  }
  out += said;
  close_object(out);
}

void append_field(std::string& out, const Type& type, const Field& field, Dialect dialect) {
  const std::string said = said_of(type, field);
  if (field.shape == Shape::single) {
    append_single(out, field, dialect, said);
    return;
  }
  const bool is_list = field.shape == Shape::list;
  out += is_list ? R"({"type":"array","items":)" : R"({"type":"object","additionalProperties":)";
  if (field.map_of_lists) out += R"({"type":"array","items":)";
  append_value(out, field, dialect);
  if (field.map_of_lists) out += '}';
  out += ',';
  out += said;
  close_object(out);
}

void append_required(std::string& out, const Type& type) {
  std::string names;
  for (const Field& field : type.fields) {
    if (!field.required) continue;
    base::append_json_string(names, field.name);
    names += ',';
  }
  if (names.empty()) return;
  names.pop_back();
  out += "\"required\":[" + names + "],";
}

// DeleteOptions and WatchEvent belong to every group-version; other types to their own.
void append_kinds(std::string& out, const Type& type) {
  const bool everywhere =
      type.group.empty() && type.kind.empty() &&
      (ends_with_name(type, "v1.DeleteOptions") || ends_with_name(type, "v1.WatchEvent"));
  if (type.kind.empty() && !everywhere) return;
  out += "\"x-kubernetes-group-version-kind\":[";
  if (everywhere) {
    const std::string_view kind = type.name.substr(type.name.rfind('.') + 1);
    for (const catalog::GroupVersion& entry : catalog::group_versions()) {
      append_kind(out, entry.group, entry.version, kind);
      out += ',';
    }
    out.back() = ']';
  } else {
    append_kind(out, type.group, type.version, type.kind);
    out += ']';
  }
  out += ',';
}

}  // namespace

void append_kind(std::string& out, std::string_view group, std::string_view version,
                 std::string_view kind) {
  out += '{';
  append_member(out, "group", group);
  append_member(out, "kind", kind);
  append_member(out, "version", version);
  out.back() = '}';
}

void append_reference(std::string& out, const Type& type, Dialect dialect) {
  out += "{\"$ref\":\"";
  out += reference_prefix(dialect);
  out += type.name;
  out += "\"}";
}

void append_type_schema(std::string& out, const Type& type, Dialect dialect) {
  if (type.scalar != Scalar::object) {
    out += scalar_schema(type, dialect);
    return;
  }
  out += "{\"type\":\"object\",";
  const std::string_view description = description_of(type);
  if (!description.empty()) append_member(out, "description", description);
  append_required(out, type);
  if (!type.fields.empty()) {
    out += "\"properties\":{";
    for (const Field& field : type.fields) {
      base::append_json_string(out, field.name);
      out += ':';
      append_field(out, type, field, dialect);
      out += ',';
    }
    out.back() = '}';
    out += ',';
  }
  append_kinds(out, type);
  if (type.atomic) append_member(out, "x-kubernetes-map-type", "atomic");
  if (!type.unions.empty()) {
    out += "\"x-kubernetes-unions\":";
    out += type.unions;
    out += ',';
  }
  close_object(out);
}

void add_reachable(TypeSet& types, const Type& type) {
  if (!types.insert(&type).second) return;
  for (const Field& field : type.fields) {
    if (field.type != nullptr) add_reachable(types, *field.type);
    if (field.named != nullptr) types.insert(field.named);
  }
}

}  // namespace limen::api
