// CustomResourceDefinitions: what they may say, with kube-apiserver's paths and texts.
#include <algorithm>
#include <set>
#include <string>

#include "base/strings.h"
#include "catalog/custom/column_path.h"
#include "catalog/custom/definition.h"
#include "object/metadata.h"
#include "validation/definition_facts.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::find;
using object::member;
using object::text_at;

constexpr std::size_t kMaxSelectable = 8;
constexpr std::size_t kMaxDeprecationWarning = 256;

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

// All problems of a name in one cause, as definitions are told of them.
void check_name(std::string_view name, const object::Problems& problems, const FieldPath& path,
                Causes& causes, std::string_view lead = {}) {
  if (problems.empty()) return;
  causes.invalid(path, name, std::string(lead) + base::join(problems, ","));
}

// Groups of the project are for APIs that it has reviewed.
void check_approval(const Json& object, std::string_view group, Causes& causes) {
  if (!is_protected_group(group)) return;
  const FieldPath path = FieldPath("metadata").child("annotations").key(kApprovalAnnotation);
  const Approval approval = approval_of(object);
  if (approval == Approval::missing) {
    causes.required(path, approval_text(approval));
  } else if (approval == Approval::invalid) {
    causes.invalid(path, text(find(object, {"metadata", "annotations", kApprovalAnnotation})),
                   approval_text(approval));
  }
}

void check_group(std::string_view group, Causes& causes) {
  const FieldPath path = spec_path().child("group");
  if (group.empty()) return causes.required(path);
  const object::Problems problems = object::dns1123_subdomain(group);
  if (!problems.empty()) return check_name(group, problems, path, causes);
  if (group.find('.') == std::string_view::npos) {
    causes.invalid(path, group, "should be a domain with at least one dot");
  }
}

void check_names(const Json* names, const FieldPath& path, bool needed, Causes& causes) {
  const Json none;
  const Json& all = names ? *names : none;
  for (const std::string_view key : {"plural", "singular", "kind", "listKind"}) {
    const std::string_view name = text_at(all, key);
    if (name.empty()) {
      if (needed) causes.required(path.child(key));
      continue;
    }
    const bool cased = key == "kind" || key == "listKind";
    check_name(name, object::dns1035_label(cased ? base::to_lower(name) : std::string(name)),
               path.child(key), causes,
               cased ? "may have mixed case, but should otherwise match: " : "");
  }
  const std::string_view kind = text_at(all, "kind");
  if (!kind.empty() && kind == text_at(all, "listKind")) {
    causes.invalid(path.child("listKind"), kind, "kind and listKind may not be the same");
  }
  for (const std::string_view key : {"shortNames", "categories"}) {
    std::size_t index = 0;
    for (const Json& one : elements(member(all, key))) {
      check_name(text(&one), object::dns1035_label(text(&one)), path.child(key).index(index++),
                 causes);
    }
  }
}

void check_scale(const Json& scale, const FieldPath& path, Causes& causes) {
  struct Row {
    std::string_view key;
    bool needed;
    std::string_view problem;
    bool in_spec, in_status;
  };
  static constexpr Row kRows[] = {
      {"specReplicasPath", true, "should be a json path under .spec", true, false},
      {"statusReplicasPath", true, "should be a json path under .status", false, true},
      {"labelSelectorPath", false, "should be a json path under either .status or .spec", true,
       true},
  };
  for (const Row& row : kRows) {
    const std::string_view value = text_at(scale, row.key);
    if (value.empty()) {
      if (row.needed) causes.required(path.child(row.key));
      continue;
    }
    const auto parsed = catalog::ColumnPath::parse(value);
    const auto names = parsed ? parsed->names() : std::vector<std::string_view>();
    const bool fits =
        value.starts_with('.') && names.size() > 1 &&
        ((row.in_spec && names.front() == "spec") || (row.in_status && names.front() == "status"));
    if (!fits) causes.invalid(path.child(row.key), value, row.problem);
  }
}

void check_one_of(std::string_view value, std::initializer_list<std::string_view> allowed,
                  const FieldPath& path, Causes& causes) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
  std::vector<std::string> names(allowed.begin(), allowed.end());
  causes.invalid(path, value, "must be one of " + base::join(names, ","));
}

void check_column(const Json& column, const FieldPath& path, Causes& causes) {
  if (text_at(column, "name").empty()) causes.required(path.child("name"));
  const std::string_view type = text_at(column, "type");
  const FieldPath type_path = path.child("type");
  if (type.empty()) {
    causes.required(type_path, "must be one of boolean,date,integer,number,string");
  } else {
    check_one_of(type, {"boolean", "date", "integer", "number", "string"}, type_path, causes);
  }
  const std::string_view format = text_at(column, "format");
  if (!format.empty()) {
    check_one_of(format,
                 {"byte", "date", "date-time", "double", "float", "int32", "int64", "password"},
                 path.child("format"), causes);
  }
  const std::string_view json_path = text_at(column, "jsonPath");
  if (json_path.empty()) {
    causes.required(path.child("jsonPath"));
  } else if (!catalog::ColumnPath::parse(json_path)) {
    causes.invalid(path.child("jsonPath"), json_path, "is not a json path that can be shown");
  }
}

// The schema's member at the end of `names`, or null.
const Json* schema_at(const Json* schema, const std::vector<std::string_view>& names) {
  for (const std::string_view name : names) {
    schema = schema ? find(*schema, {"properties", name}) : nullptr;
  }
  return schema;
}

void check_selectable(const Json& version, const FieldPath& path, Causes& causes) {
  const std::span<const Json> fields = elements(member(version, "selectableFields"));
  if (fields.size() > kMaxSelectable) causes.too_many(path, kMaxSelectable);
  std::set<std::string_view> seen;
  std::size_t index = 0;
  for (const Json& field : fields) {
    const FieldPath at = path.index(index++).child("jsonPath");
    const std::string_view value = text_at(field, "jsonPath");
    if (value.empty()) {
      causes.required(at);
      continue;
    }
    const auto parsed = catalog::ColumnPath::parse(value);
    const auto names = parsed ? parsed->names() : std::vector<std::string_view>();
    if (names.empty() || !value.starts_with('.')) {
      causes.invalid(at, value, "is an invalid path: must go from field to field");
      continue;
    }
    if (names.front() == "metadata") {
      causes.invalid(at, value, "must not point to fields in metadata");
      continue;
    }
    const Json* schema = schema_at(find(version, {"schema", "openAPIV3Schema"}), names);
    const std::string_view type = schema ? text_at(*schema, "type") : std::string_view();
    if (!schema) {
      causes.invalid(at, value, "is an invalid path: does not refer to a valid field");
    } else if (type != "string" && type != "integer" && type != "boolean") {
      causes.invalid(at, value,
                     "must point to a field of type string, boolean or integer. Enum string fields "
                     "and strings with formats are allowed.");
    }
    if (!seen.insert(value).second) causes.duplicate(at, value);
  }
}

void check_version(const Json& version, const FieldPath& path, Causes& causes) {
  const std::string_view name = text_at(version, "name");
  check_name(name, object::dns1035_label(name), path.child("name"), causes);
  const Json* warning = member(version, "deprecationWarning");
  if (warning && !warning->is_null()) {
    const FieldPath at = path.child("deprecationWarning");
    if (!is_true(member(version, "deprecated"))) {
      causes.invalid(at, *warning, "can only be set for deprecated versions");
    }
    if (text(warning).empty()) {
      causes.invalid(at, *warning, "must not be an empty string");
    } else if (text(warning).size() > kMaxDeprecationWarning) {
      causes.invalid(at, *warning, "must be <= 256 characters long");
    }
    const std::string_view said = text(warning);
    const auto control = std::find_if(said.begin(), said.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (control != said.end()) {
      causes.invalid(at, *warning,
                     "must only contain printable UTF-8 characters; non-printable character found "
                     "at index " +
                         std::to_string(control - said.begin()));
    }
  }
  const FieldPath schema_path = path.child("schema").child("openAPIV3Schema");
  const Json* schema = find(version, {"schema", "openAPIV3Schema"});
  if (!schema || !schema->is_object()) {
    causes.required(schema_path, "schemas are required");
  } else {
    check_custom_schema(*schema, schema_path, causes);
  }
  if (const Json* scale = find(version, {"subresources", "scale"}); scale && scale->is_object()) {
    check_scale(*scale, path.child("subresources").child("scale"), causes);
  }
  std::size_t index = 0;
  for (const Json& column : elements(member(version, "additionalPrinterColumns"))) {
    check_column(column, path.child("additionalPrinterColumns").index(index++), causes);
  }
  check_selectable(version, path.child("selectableFields"), causes);
}

void check_versions(const Json* versions, Causes& causes) {
  const FieldPath path = spec_path().child("versions");
  std::set<std::string_view> names;
  std::size_t storage = 0, index = 0;
  for (const Json& version : elements(versions)) {
    names.insert(text_at(version, "name"));
    storage += is_true(member(version, "storage"));
    check_version(version, path.index(index++), causes);
  }
  const Json none;
  if (names.size() != index) {
    causes.invalid(path, *versions, "must contain unique version names");
  }
  if (storage != 1) {
    causes.invalid(path, versions ? *versions : none,
                   "must have exactly one version marked as storage version");
  }
}

bool is_review_version(std::string_view name) { return name == "v1" || name == "v1beta1"; }

FieldPath review_versions_path() {
  return spec_path().child("conversion").child("conversionReviewVersions");
}
FieldPath client_config_path() {
  return spec_path().child("conversion").child("webhookClientConfig");
}

void check_review_versions(const Json* versions, const FieldPath& path, Causes& causes) {
  const std::span<const Json> list = elements(versions);
  if (list.empty()) return causes.required(path);
  std::set<std::string_view> seen;
  std::size_t index = 0;
  for (const Json& one : list) {
    const FieldPath at = path.index(index++);
    const std::string_view name = text(&one);
    if (!seen.insert(name).second) {
      causes.invalid(at, name, "duplicate version");
      continue;
    }
    for (const std::string& problem : object::dns1035_label(name)) {
      causes.invalid(at, name, problem);
    }
  }
}

void check_client_config(const Json& client, const FieldPath& path, Causes& causes) {
  const Json* url = member(client, "url");
  const Json* service = member(client, "service");
  const bool has_url = url && !url->is_null();
  const bool has_service = service && !service->is_null();
  if (has_url == has_service) {
    causes.required(path, "exactly one of url or service is required");
  } else if (has_url) {
    check_webhook_url(text(url), path.child("url"), causes);
  } else {
    check_webhook_service(*service, path.child("service"), causes);
  }
}

// Paths name the fields as kube-apiserver's own form of a definition does.
void check_conversion(const Json* conversion, Causes& causes) {
  if (!conversion || !conversion->is_object()) return;
  const FieldPath path = spec_path().child("conversion");
  const std::string_view strategy = text_at(*conversion, "strategy");
  check_enum(strategy, {"None", "Webhook"}, path.child("strategy"), true, causes);
  const Json* client = find(*conversion, {"webhook", "clientConfig"});
  const bool has_client = client && client->is_object();
  const Json* versions = find(*conversion, {"webhook", "conversionReviewVersions"});
  if (strategy != "Webhook") {
    constexpr std::string_view kWhy = "should not be set when strategy is not set to Webhook";
    if (has_client) causes.forbidden(client_config_path(), kWhy);
    if (!elements(versions).empty()) causes.forbidden(review_versions_path(), kWhy);
    return;
  }
  if (has_client) {
    check_client_config(*client, client_config_path(), causes);
  } else {
    causes.required(client_config_path(), "required when strategy is set to Webhook");
  }
  check_review_versions(versions, review_versions_path(), causes);
}

// True when there is none to choose, or one that is known.
bool can_be_reviewed(const Json& object) {
  const std::span<const Json> versions =
      elements(find(object, {"spec", "conversion", "webhook", "conversionReviewVersions"}));
  return versions.empty() || std::any_of(versions.begin(), versions.end(), [](const Json& one) {
           return is_review_version(text(&one));
         });
}

void check_recognized(const Json& object, Causes& causes) {
  if (can_be_reviewed(object)) return;
  causes.invalid(
      review_versions_path(),
      or_null(find(object, {"spec", "conversion", "webhook", "conversionReviewVersions"})),
      "must include at least one of v1, v1beta1");
}

// A bad bundle keeps a definition from being established; one that is may not get any.
void check_bundle(const Json& object, const Json& old, Causes& causes) {
  const auto is_bad = [](std::string_view bundle) {
    return !bundle.empty() && !is_ca_bundle(bundle);
  };
  const auto bundle_of = [](const Json& definition) {
    return text(find(definition, {"spec", "conversion", "webhook", "clientConfig", "caBundle"}));
  };
  if (catalog::condition_of(old, "Established") != "True" || is_bad(bundle_of(old))) return;
  if (!is_bad(bundle_of(object))) return;
  causes.invalid(client_config_path().child("caBundle"), bundle_of(object),
                 "unable to load root certificates: data does not contain any valid RSA or ECDSA "
                 "certificates");
}

// Objects may be stored in these: none may be forgotten while the definition says so.
void check_stored_versions(const Json& object, Causes& causes) {
  const FieldPath path = FieldPath("status").child("storedVersions");
  const Json* list = find(object, {"status", "storedVersions"});
  const std::span<const Json> stored = elements(list);
  if (stored.empty()) {
    return causes.invalid(path, Json(boost::json::array()),
                          "must have at least one stored version");
  }
  std::set<std::string_view> versions;
  for (const Json& version : elements(find(object, {"spec", "versions"}))) {
    const std::string_view name = text_at(version, "name");
    versions.insert(name);
    const bool listed = std::any_of(stored.begin(), stored.end(),
                                    [&](const Json& one) { return text(&one) == name; });
    if (is_true(member(version, "storage")) && !listed) {
      causes.invalid(path, *list, "must have the storage version " + std::string(name));
    }
  }
  std::size_t index = 0;
  for (const Json& one : stored) {
    const std::string name(text(&one));
    const FieldPath at = path.index(index++);
    if (versions.contains(name)) continue;
    causes.invalid(at, name,
                   "missing from spec.versions; " + name +
                       " was previously a storage version, and must remain in spec.versions until "
                       "a storage migration ensures no data remains persisted in " +
                       name + " and removes " + name + " from status.storedVersions");
  }
}

std::string_view group_of(const Json& object) { return text(find(object, {"spec", "group"})); }

}  // namespace

void check_custom_resource_definition(const Json& object, Causes& causes) {
  const std::string_view group = group_of(object);
  const std::string_view plural = text(find(object, {"spec", "names", "plural"}));
  if (std::string(plural) + "." + std::string(group) != object::name(object)) {
    causes.invalid(FieldPath("metadata").child("name"), object::name(object),
                   "must be spec.names.plural+\".\"+spec.group");
  }
  check_group(group, causes);
  check_enum(text(find(object, {"spec", "scope"})), {"Cluster", "Namespaced"},
             spec_path().child("scope"), true, causes);
  check_versions(find(object, {"spec", "versions"}), causes);
  check_names(find(object, {"spec", "names"}), spec_path().child("names"), true, causes);
  const Json* preserve = find(object, {"spec", "preserveUnknownFields"});
  if (is_true(preserve)) {
    causes.invalid(spec_path().child("preserveUnknownFields"), *preserve, "must be false");
  }
  check_conversion(find(object, {"spec", "conversion"}), causes);
  check_names(find(object, {"status", "acceptedNames"}), FieldPath("status").child("acceptedNames"),
              false, causes);
  check_stored_versions(object, causes);
}

void check_custom_resource_definition_create(const Json& object, Causes& causes) {
  check_recognized(object, causes);
  check_approval(object, group_of(object), causes);
}

void check_custom_resource_definition_update(const Json& object, const Json& old, Causes& causes) {
  const auto immutable = [&](std::initializer_list<std::string_view> keys) {
    FieldPath path;
    for (const std::string_view key : keys) path = path.child(key);
    check_immutable(find(object, keys), find(old, keys), path, causes);
  };
  if (catalog::condition_of(old, "Established") == "True") {
    immutable({"spec", "scope"});
    immutable({"spec", "names", "kind"});
  }
  immutable({"spec", "group"});
  immutable({"spec", "names", "plural"});
  check_bundle(object, old, causes);
  if (can_be_reviewed(old)) check_recognized(object, causes);
  // Who changes something else is not asked for an approval that was missing before.
  if (approval_of(object) != approval_of(old)) check_approval(object, group_of(object), causes);
}

}  // namespace limen::validation::kinds
