#include "validation/metadata.h"

#include <algorithm>
#include <string>

#include "base/strings.h"
#include "object/metadata.h"

namespace limen::validation {

namespace {

const FieldPath& metadata_path() {
  static const FieldPath kPath("metadata");
  return kPath;
}

// Names made from a prefix get random characters after it, so a last dash is no harm.
std::string mask_trailing_dash(std::string_view prefix) {
  std::string out(prefix);
  if (out.size() > 1 && out.back() == '-') {
    out.pop_back();
    out.back() = 'a';
  }
  return out;
}

void check_namespace(std::string_view ns, bool namespaced, Causes& causes) {
  const FieldPath path = metadata_path().child("namespace");
  if (!namespaced) {
    if (!ns.empty()) causes.forbidden(path, "not allowed on this type");
  } else if (ns.empty()) {
    causes.required(path);
  } else {
    causes.invalid_each(path, ns, object::dns1123_label(ns));
  }
}

void check_owner(const Json& owner, const FieldPath& path, Causes& causes) {
  const std::string_view api_version = object::text_at(owner, "apiVersion");
  const std::string_view kind = object::text_at(owner, "kind");
  if (object::split_api_version(api_version).version.empty()) {
    causes.invalid(path.child("apiVersion"), api_version, "version must not be empty");
  }
  for (const std::string_view key : {"kind", "name", "uid"}) {
    if (object::text_at(owner, key).empty()) {
      causes.invalid(path.child(key), std::string_view(), "must not be empty");
    }
  }
  if (api_version == "v1" && kind == "Event") {
    causes.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner");
  }
}

void check_owners(const Json* owners, Causes& causes) {
  const FieldPath path = metadata_path().child("ownerReferences");
  std::string controller;
  for (const Json& owner : elements(owners)) {
    check_owner(owner, path, causes);
    if (!is_true(object::member(owner, "controller"))) continue;
    const std::string named = std::string(object::text_at(owner, "kind")) + "/" +
                              std::string(object::text_at(owner, "name"));
    if (controller.empty()) {
      controller = named;
    } else {
      causes.invalid(path, *owners,
                     "Only one reference can have Controller set to true. Found \"true\" in "
                     "references for " +
                         controller + " and " + named);
    }
  }
}

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void check_finalizers(const Json& object, Causes& causes) {
  const FieldPath path = metadata_path().child("finalizers");
  const std::vector<std::string> finalizers = object::finalizers(object);
  for (const std::string& finalizer : finalizers) {
    causes.invalid_each(path, finalizer, object::qualified_name(finalizer));
  }
  const auto contains = [&](std::string_view wanted) {
    return std::find(finalizers.begin(), finalizers.end(), wanted) != finalizers.end();
  };
  if (contains("orphan") && contains("foregroundDeletion")) {
    causes.invalid(path, or_null(object::find(object, {"metadata", "finalizers"})),
                   "finalizer orphan and foregroundDeletion cannot be both set");
  }
}

void check_managed_fields(const Json* entries, Causes& causes) {
  std::size_t index = 0;
  for (const Json& entry : elements(entries)) {
    const FieldPath path = metadata_path().child("managedFields").index(index++);
    const std::string_view operation = object::text_at(entry, "operation");
    if (operation != "Apply" && operation != "Update") {
      causes.invalid(path.child("operation"), operation, "must be `Apply` or `Update`");
    }
    const std::string_view type = object::text_at(entry, "fieldsType");
    if (!type.empty() && type != "FieldsV1") {
      causes.invalid(path.child("fieldsType"), type, "must be `FieldsV1`");
    }
    constexpr std::size_t kLongestManager = 128, kLongestSubresource = 256;
    const std::string_view manager = object::text_at(entry, "manager");
    if (manager.size() > kLongestManager) {
      causes.too_long(path.child("manager"), kLongestManager);
    } else if (!is_printable(manager)) {
      causes.invalid(path.child("manager"), manager, "should only contain printable characters");
    }
    if (object::text_at(entry, "subresource").size() > kLongestSubresource) {
      causes.too_long(path.child("subresource"), kLongestSubresource);
    }
  }
}

void check_common(const Json& object, bool namespaced, Causes& causes) {
  const auto at = [&](std::string_view key) { return object::find(object, {"metadata", key}); };
  check_namespace(object::ns(object), namespaced, causes);
  check_not_negative(at("generation"), metadata_path().child("generation"), causes);
  check_labels(at("labels"), metadata_path().child("labels"), causes);
  check_annotations(at("annotations"), metadata_path().child("annotations"), causes);
  check_owners(at("ownerReferences"), causes);
  check_finalizers(object, causes);
  check_managed_fields(at("managedFields"), causes);
}

// Once an object is being deleted nobody may put a new obstacle in its way.
void check_new_finalizers(const Json& object, const Json& old, Causes& causes) {
  if (object::deletion_timestamp(old).empty()) return;
  const std::vector<std::string> before = object::finalizers(old);
  std::vector<std::string> added;
  for (const std::string& finalizer : object::finalizers(object)) {
    if (std::find(before.begin(), before.end(), finalizer) == before.end()) {
      added.push_back(base::go_quote(finalizer));
    }
  }
  if (added.empty()) return;
  std::sort(added.begin(), added.end());
  causes.forbidden(metadata_path().child("finalizers"),
                   "no new finalizers can be added if the object is being deleted, found new "
                   "finalizers []string{" +
                       base::join(added, ", ") + "}");
}

}  // namespace

void check_finalizer_domain(std::string_view finalizer, const FieldPath& path, Causes& causes) {
  if (finalizer.find('/') != std::string_view::npos) return;
  for (const std::string_view known : {"kubernetes", "orphan", "foregroundDeletion"}) {
    if (finalizer == known) return;
  }
  causes.invalid(path, finalizer,
                 "name is neither a standard finalizer name nor is it fully qualified");
}

void check_finalizer_domains(const Json& object, Causes& causes) {
  const FieldPath path = metadata_path().child("finalizers");
  std::size_t index = 0;
  for (const std::string& finalizer : object::finalizers(object)) {
    check_finalizer_domain(finalizer, path.index(index++), causes);
  }
}

void check_metadata(const Json& object, bool namespaced, NameCheck name_check, Causes& causes) {
  const std::string_view prefix = object::generate_name(object);
  if (!prefix.empty()) {
    causes.invalid_each(metadata_path().child("generateName"), prefix,
                        name_check(mask_trailing_dash(prefix)));
  }
  const std::string_view name = object::name(object);
  if (name.empty()) {
    causes.required(metadata_path().child("name"), "name or generateName is required");
  } else {
    causes.invalid_each(metadata_path().child("name"), name, name_check(name));
  }
  check_common(object, namespaced, causes);
}

void check_metadata_update(const Json& object, const Json& old, bool namespaced, Causes& causes) {
  const std::string_view name = object::name(object);
  if (name.empty()) {
    causes.required(metadata_path().child("name"), "name or generateName is required");
  } else {
    causes.invalid_each(metadata_path().child("name"), name, object::path_segment_name(name));
  }
  check_common(object, namespaced, causes);
  check_new_finalizers(object, old, causes);
  if (object::find(object, {"metadata", "generation"}) &&
      object::generation(object) < object::generation(old)) {
    causes.invalid(metadata_path().child("generation"),
                   or_null(object::find(object, {"metadata", "generation"})),
                   "must not be decremented");
  }
  for (const std::string_view key : {"name", "namespace"}) {
    check_immutable(object::find(object, {"metadata", key}), object::find(old, {"metadata", key}),
                    metadata_path().child(key), causes);
  }
  for (const std::string_view key :
       {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"}) {
    const Json* stated = object::find(object, {"metadata", key});
    if (!stated || stated->is_null()) continue;
    check_immutable(stated, object::find(old, {"metadata", key}), metadata_path().child(key),
                    causes);
  }
}

}  // namespace limen::validation
