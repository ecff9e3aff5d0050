#include "api/openapi/operations.h"

#include <vector>

#include "api/openapi/parameters.h"
#include "base/json_text.h"
#include "base/strings.h"

namespace limen::api {
namespace {

using catalog::GroupVersion;
using catalog::Resource;
using catalog::Subresource;
using catalog::Type;

constexpr std::string_view kMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.";

const Type& meta_type(std::string_view name) {
  return *catalog::find_type(std::string(kMeta) + std::string(name));
}

std::string capital(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z')
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

// The group without the suffix all but the oldest have.
std::string_view short_group(const GroupVersion& entry) {
  static constexpr std::string_view kSuffix = ".k8s.io";
  std::string_view group = entry.group.empty() ? "core" : entry.group;
  if (group.ends_with(kSuffix)) group.remove_suffix(kSuffix.size());
  return group;
}

// AppsV1, RbacAuthorizationV1: what generated clients name their classes after.
std::string group_name(const GroupVersion& entry) {
  const std::string_view group = short_group(entry);
  std::string out;
  for (const std::string_view part : base::split(group, '.')) out += capital(part);
  return out + capital(entry.version);
}

// apps_v1, rbacAuthorization_v1: groups operations in documents and clients.
std::string tag_name(const GroupVersion& entry) {
  const std::string_view group = short_group(entry);
  std::string out;
  for (const std::string_view part : base::split(group, '.')) {
    out += out.empty() ? std::string(part) : capital(part);
  }
  return out + "_" + std::string(entry.version);
}

// One operation as it is to be written.
struct Operation {
  std::string_view method;  // get, post, put, patch, delete
  std::string_view action;  // x-kubernetes-action
  std::string id;           // operationId
  ParameterSet parameters = ParameterSet::none;
  const Type* body = nullptr;
  const Type* answer = nullptr;  // null: any text
  bool created = false;          // answers 201 too
  std::string_view group, version, kind;
};

// Writes the operations of one group-version.
class Writer {
 public:
  Writer(std::string& out, const GroupVersion& entry, Dialect dialect, TypeSet& types,
         const CustomSchemas* custom)
      : out_(out),
        dialect_(dialect),
        types_(types),
        custom_(custom),
        base_(base_path(entry)),
        group_(group_name(entry)),
        tag_(tag_name(entry)) {}

  void resource(const Resource& resource);

 private:
  void collection(const Resource& resource, const std::string& path, bool all_namespaces);
  void item(const Resource& resource, const std::string& path);
  void subresource(const Resource& resource, const Subresource& sub, const std::string& path);
  void path(const std::string& path, const std::vector<Operation>& operations);
  void operation(const Operation& operation);
  void parameters(const Operation& operation);
  void body(const Operation& operation);
  void responses(const Operation& operation);
  void response(std::string_view code, std::string_view about, const Type* answer);
  std::string id(std::string_view verb, const Resource& resource, std::string_view end = "") const;
  const Type* list_type(const Resource& resource) const;

  std::string& out_;
  Dialect dialect_;
  TypeSet& types_;
  const CustomSchemas* custom_;  // null: none are written
  std::string base_, group_, tag_;
};

std::string Writer::id(std::string_view verb, const Resource& resource,
                       std::string_view end) const {
  std::string out = std::string(verb) + group_;
  if (resource.namespaced && end != "ForAllNamespaces") out += "Namespaced";
  return out + std::string(resource.kind) + std::string(end);
}

const Type* Writer::list_type(const Resource& resource) const {
  if (const Type* list = custom_ ? custom_->list_of(*resource.type) : nullptr) return list;
  return catalog::find_type(std::string(resource.type->name) + "List");
}

void Writer::resource(const Resource& resource) {
  const std::string name(resource.name);
  if (!resource.namespaced) {
    collection(resource, base_ + "/" + name, false);
    item(resource, base_ + "/" + name + "/{name}");
    return;
  }
  if (resource.has(catalog::kVerbList)) collection(resource, base_ + "/" + name, true);
  const std::string inside = base_ + "/namespaces/{namespace}/" + name;
  collection(resource, inside, false);
  item(resource, inside + "/{name}");
}

void Writer::collection(const Resource& resource, const std::string& where, bool all_namespaces) {
  std::vector<Operation> operations;
  const auto add = [&](std::string_view method, std::string_view action, std::string name) {
    Operation& operation = operations.emplace_back();
    operation.method = method;
    operation.action = action;
    operation.id = std::move(name);
    operation.group = resource.group;
    operation.version = resource.version;
    operation.kind = resource.kind;
    return &operation;
  };
  if (resource.has(catalog::kVerbList)) {
    Operation* list =
        add("get", "list", id("list", resource, all_namespaces ? "ForAllNamespaces" : ""));
    list->parameters = ParameterSet::list;
    list->answer = list_type(resource);
  }
  if (!all_namespaces && resource.has(catalog::kVerbCreate)) {
    Operation* create = add("post", "post", id("create", resource));
    create->parameters = ParameterSet::write;
    create->body = create->answer = resource.type;
    create->created = true;
  }
  if (!all_namespaces && resource.has(catalog::kVerbDeleteCollection)) {
    Operation* remove = add("delete", "deletecollection", id("deleteCollection", resource));
    remove->parameters = ParameterSet::remove_collection;
    remove->body = &meta_type("DeleteOptions");
    remove->answer = &meta_type("Status");
  }
  path(where, operations);
}

void Writer::item(const Resource& resource, const std::string& where) {
  std::vector<Operation> operations;
  const auto add = [&](catalog::Verb verb, std::string_view method, std::string_view prefix,
                       ParameterSet parameters, const Type* body_type, const Type* answer) {
    if (!resource.has(verb)) return;
    operations.push_back({method, method, id(prefix, resource), parameters, body_type, answer,
                          method == "put" || method == "patch", resource.group, resource.version,
                          resource.kind});
  };
  add(catalog::kVerbGet, "get", "read", ParameterSet::none, nullptr, resource.type);
  add(catalog::kVerbUpdate, "put", "replace", ParameterSet::write, resource.type, resource.type);
  add(catalog::kVerbPatch, "patch", "patch", ParameterSet::patch, &meta_type("Patch"),
      resource.type);
  add(catalog::kVerbDelete, "delete", "delete", ParameterSet::remove, &meta_type("DeleteOptions"),
      &meta_type("Status"));
  path(where, operations);
  for (const Subresource& sub : resource.subresources) {
    subresource(resource, sub, where + "/" + std::string(sub.name));
  }
}

void Writer::subresource(const Resource& resource, const Subresource& sub,
                         const std::string& where) {
  // Without a body type this is a stream to somewhere else: exec, attach, proxy.
  const bool is_connect = sub.type == nullptr;
  const bool is_log = sub.name == "log";
  const std::string end = capital(sub.name);
  std::vector<Operation> operations;
  const auto add = [&](catalog::Verb verb, std::string_view method, std::string_view prefix,
                       ParameterSet parameters, const Type* body_type) {
    if ((sub.verbs & verb) == 0) return;
    const std::string name = is_connect ? "connect" + capital(method) : std::string(prefix);
    operations.push_back({method, is_connect ? "connect" : method, id(name, resource, end),
                          is_connect ? ParameterSet::none : parameters,
                          is_connect ? nullptr : body_type, is_log ? nullptr : sub.type,
                          !is_connect && method != "get", sub.group, sub.version, sub.kind});
  };
  add(catalog::kVerbGet, "get", "read", ParameterSet::none, nullptr);
  add(catalog::kVerbCreate, "post", "create", ParameterSet::write, sub.type);
  add(catalog::kVerbUpdate, "put", "replace", ParameterSet::write, sub.type);
  add(catalog::kVerbPatch, "patch", "patch", ParameterSet::patch, &meta_type("Patch"));
  add(catalog::kVerbDelete, "delete", "delete", ParameterSet::none, nullptr);
  path(where, operations);
}

void Writer::path(const std::string& where, const std::vector<Operation>& operations) {
  if (operations.empty()) return;
  base::append_json_string(out_, where);
  out_ += ":{";
  for (const Operation& each : operations) operation(each);
  out_ += "\"parameters\":[";
  if (where.find("{name}") != std::string::npos) {
    append_parameter(out_, kNameParameter, dialect_);
    out_ += ',';
  }
  if (where.find("{namespace}") != std::string::npos) {
    append_parameter(out_, kNamespaceParameter, dialect_);
    out_ += ',';
  }
  append_parameter(out_, kPrettyParameter, dialect_);
  out_ += "]},";
}

void Writer::operation(const Operation& operation) {
  base::append_json_string(out_, operation.method);
  out_ += ":{\"tags\":[";
  base::append_json_string(out_, tag_);
  out_ += "],\"operationId\":";
  base::append_json_string(out_, operation.id);
  out_ += ',';
  parameters(operation);
  body(operation);
  responses(operation);
  out_ += "\"x-kubernetes-action\":";
  base::append_json_string(out_, operation.action);
  out_ += ",\"x-kubernetes-group-version-kind\":";
  append_kind(out_, operation.group, operation.version, operation.kind);
  out_ += "},";
}

// Written out at each operation: kubectl looks for dryRun and fieldValidation right here.
void Writer::parameters(const Operation& operation) {
  const auto set = parameters_of(operation.parameters);
  const bool body_here = operation.body != nullptr && dialect_ == Dialect::swagger2;
  if (set.empty() && !body_here) return;
  out_ += "\"parameters\":[";
  if (body_here) {
    const bool required = operation.method != "delete";
    out_ += "{\"name\":\"body\",\"in\":\"body\",";
    if (required) out_ += "\"required\":true,";
    out_ += "\"schema\":";
    append_reference(out_, *operation.body, dialect_);
    out_ += "},";
    add_reachable(types_, *operation.body);
  }
  for (const Parameter& parameter : set) {
    append_parameter(out_, parameter, dialect_);
    out_ += ',';
  }
  out_.back() = ']';
  out_ += ',';
}

void Writer::body(const Operation& operation) {
  static constexpr std::string_view kPatchTypes[] = {
      "application/json-patch+json", "application/merge-patch+json",
      "application/strategic-merge-patch+json", "application/apply-patch+yaml"};
  // Custom kinds have no merge keys.
  static constexpr std::string_view kCustomPatchTypes[] = {"application/json-patch+json",
                                                           "application/merge-patch+json",
                                                           "application/apply-patch+yaml"};
  static constexpr std::string_view kBodyTypes[] = {"application/json", "application/yaml"};
  if (operation.body == nullptr) return;
  const bool is_patch = operation.method == "patch";
  std::span<const std::string_view> media = kBodyTypes;
  if (is_patch && custom_) media = kCustomPatchTypes;
  if (is_patch && !custom_) media = kPatchTypes;
  if (dialect_ == Dialect::swagger2) {
    if (!is_patch) return;
    out_ += "\"consumes\":[";
    for (const std::string_view type : media) {
      base::append_json_string(out_, type);
      out_ += ',';
    }
    out_.back() = ']';
    out_ += ',';
    return;
  }
  add_reachable(types_, *operation.body);
  out_ += "\"requestBody\":{\"content\":{";
  for (const std::string_view type : media) {
    base::append_json_string(out_, type);
    out_ += ":{\"schema\":";
    append_reference(out_, *operation.body, dialect_);
    out_ += "},";
  }
  out_.back() = '}';
  out_ += operation.method == "delete" ? "}," : ",\"required\":true},";
}

void Writer::responses(const Operation& operation) {
  out_ += "\"responses\":{";
  response("200", "OK", operation.answer);
  if (operation.created) response("201", "Created", operation.answer);
  out_ += "\"401\":{\"description\":\"Unauthorized\"}},";
}

void Writer::response(std::string_view code, std::string_view about, const Type* answer) {
  base::append_json_string(out_, code);
  out_ += ":{\"description\":";
  base::append_json_string(out_, about);
  std::string schema;
  if (answer == nullptr) {
    schema = "{\"type\":\"string\"}";
  } else {
    append_reference(schema, *answer, dialect_);
    add_reachable(types_, *answer);
  }
  if (dialect_ == Dialect::swagger2) {
    out_ += ",\"schema\":" + schema + "},";
    return;
  }
  out_ += ",\"content\":{";
  out_ += answer == nullptr ? "\"*/*\"" : "\"application/json\"";
  out_ += ":{\"schema\":" + schema + "}";
  if (answer != nullptr) out_ += ",\"application/yaml\":{\"schema\":" + schema + "}";
  out_ += "}},";
}

}  // namespace

std::string base_path(const GroupVersion& entry) {
  const std::string version(entry.version);
  return entry.group.empty() ? "/api/" + version
                             : "/apis/" + std::string(entry.group) + "/" + version;
}

void append_paths(std::string& out, const GroupVersion& entry, Dialect dialect, TypeSet& types,
                  const CustomSchemas* custom) {
  Writer writer(out, entry, dialect, types, custom);
  for (const Resource& resource : entry.resources) writer.resource(resource);
}

}  // namespace limen::api
