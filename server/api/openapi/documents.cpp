#include "api/openapi/documents.h"

#include "api/openapi/custom_schemas.h"
#include "api/openapi/operations.h"
#include "api/openapi/schema.h"
#include "base/json_text.h"

namespace limen::api {
namespace {

constexpr std::string_view kInfo =
    R"("info":{"title":"Kubernetes","version":"v1.36.0+limen"},"paths":{)";
constexpr std::string_view kListType = "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList";

// GET of the group-version itself: its list of resources.
void append_discovery_path(std::string& out, const catalog::GroupVersion& entry, Dialect dialect,
                           TypeSet& types) {
  const catalog::Type& type = *catalog::find_type(kListType);
  add_reachable(types, type);
  base::append_json_string(out, base_path(entry) + "/");
  out += R"(:{"get":{"responses":{"200":{"description":"OK",)";
  if (dialect == Dialect::openapi3) out += R"("content":{"application/json":{)";
  out += "\"schema\":";
  append_reference(out, type, dialect);
  if (dialect == Dialect::openapi3) out += "}}";
  out += R"(},"401":{"description":"Unauthorized"}}}},)";
}

// A kind none of whose operations is served here may still be asked for by clients that explain it.
void add_served_types(TypeSet& types, const catalog::GroupVersion& entry) {
  for (const catalog::Resource& resource : entry.resources) add_reachable(types, *resource.type);
  add_reachable(types, *catalog::find_type("io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent"));
}

void append_schemas(std::string& out, const TypeSet& types, Dialect dialect,
                    const CustomSchemas& custom = {}) {
  for (const catalog::Type* type : types) {
    base::append_json_string(out, type->name);
    out += ':';
    if (!custom.append(out, *type, dialect)) append_type_schema(out, *type, dialect);
    out += ',';
  }
  out.back() = '}';
}

}  // namespace

std::string openapi3_document(const catalog::GroupVersion& entry) {
  TypeSet types;
  std::string out = R"({"openapi":"3.0.0",)";
  out += kInfo;
  append_discovery_path(out, entry, Dialect::openapi3, types);
  append_paths(out, entry, Dialect::openapi3, types);
  out.back() = '}';
  add_served_types(types, entry);
  out += R"(,"components":{"schemas":{)";
  append_schemas(out, types, Dialect::openapi3);
  return out + "}}";
}

std::string openapi3_custom_document(const catalog::GroupVersion& entry) {
  CustomSchemas custom;
  const catalog::GroupVersion shown = custom.stand_in(entry);
  TypeSet types;
  CustomSchemas::add_referred(types);
  std::string out = R"({"openapi":"3.0.0",)";
  out += kInfo;
  append_discovery_path(out, shown, Dialect::openapi3, types);
  append_paths(out, shown, Dialect::openapi3, types, &custom);
  out.back() = '}';
  add_served_types(types, shown);
  out += R"(,"components":{"schemas":{)";
  append_schemas(out, types, Dialect::openapi3, custom);
  return out + "}}";
}

std::string swagger2_document(const catalog::CustomCatalog& served) {
  CustomSchemas custom;
  TypeSet types;
  std::string out = R"({"swagger":"2.0",)";
  out +=
      R"("consumes":["application/json","application/yaml"],"produces":["application/json","application/yaml"],)";
  out += kInfo;
  for (const catalog::GroupVersion& entry : catalog::group_versions()) {
    append_discovery_path(out, entry, Dialect::swagger2, types);
    append_paths(out, entry, Dialect::swagger2, types);
    add_served_types(types, entry);
  }
  for (const catalog::GroupVersion& entry : served.group_versions()) {
    const catalog::GroupVersion shown = custom.stand_in(entry);
    append_discovery_path(out, shown, Dialect::swagger2, types);
    append_paths(out, shown, Dialect::swagger2, types, &custom);
    add_served_types(types, shown);
  }
  out.back() = '}';
  out += R"(,"definitions":{)";
  append_schemas(out, types, Dialect::swagger2, custom);
  return out + "}";
}

}  // namespace limen::api
