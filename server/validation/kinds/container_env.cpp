// Environment variables of containers and where their values come from.
#include "validation/kinds/containers.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/projected_volumes.h"

namespace limen::validation::kinds {

namespace {

void check_key_ref(const Json& ref, const FieldPath& path, Causes& causes) {
  check_text(text_at(ref, "name"), object::dns1123_subdomain, path.child("name"), causes);
  check_needed_text(text_at(ref, "key"), object::config_map_key, path.child("key"), causes);
}

void check_file_ref(const Json& ref, const FieldPath& path, Causes& causes) {
  check_needed_text(text_at(ref, "key"), object::env_var_name, path.child("key"), causes);
  check_needed_text(text_at(ref, "volumeName"), object::dns1123_label, path.child("volumeName"),
                    causes);
  const std::string_view file = text_at(ref, "path");
  if (file.empty()) {
    causes.required(path.child("path"));
  } else {
    check_local_file(file, path.child("path"), causes);
  }
}

void check_value_from(const Json& variable, const FieldPath& path, Causes& causes) {
  if (!has(variable, "valueFrom")) return;
  const Json& from = object_at(variable, "valueFrom");
  std::size_t sources = 0;
  const auto source = [&](std::string_view key) -> const Json* {
    const Json* found = member(from, key);
    if (!found || !found->is_object()) return nullptr;
    ++sources;
    return found;
  };
  if (const Json* ref = source("fieldRef")) {
    check_field_ref(*ref, false, path.child("fieldRef"), causes);
  }
  if (const Json* ref = source("resourceFieldRef")) {
    check_resource_field_ref(*ref, false, path.child("resourceFieldRef"), causes);
  }
  for (const std::string_view key : {"configMapKeyRef", "secretKeyRef"}) {
    if (const Json* ref = source(key)) check_key_ref(*ref, path.child(key), causes);
  }
  if (const Json* ref = source("fileKeyRef")) {
    check_file_ref(*ref, path.child("fileKeyRef"), causes);
  }
  if (sources == 0) {
    causes.invalid(path, std::string_view(),
                   "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
                   "`secretKeyRef` or `fileKeyRef`");
  } else if (!text_at(variable, "value").empty()) {
    causes.invalid(path, std::string_view(), "may not be specified when `value` is not empty");
  } else if (sources > 1) {
    causes.invalid(path, std::string_view(),
                   "may not have more than one field specified at a time");
  }
}

void check_env_from(const Json& container, const FieldPath& path, Causes& causes) {
  const FieldPath list = path.child("envFrom");
  std::size_t index = 0;
  for (const Json& from : elements(member(container, "envFrom"))) {
    const FieldPath at = list.index(index++);
    check_set_text(from, "prefix", object::env_var_name, at, causes);
    std::size_t sources = 0;
    for (const std::string_view key : {"configMapRef", "secretRef"}) {
      if (!has(from, key)) continue;
      ++sources;
      check_needed_text(text_at(object_at(from, key), "name"), object::dns1123_subdomain,
                        at.child(key).child("name"), causes);
    }
    if (sources == 0) {
      causes.invalid(list, std::string_view(),
                     "must specify one of: `configMapRef` or `secretRef`");
    } else if (sources > 1) {
      causes.invalid(list, std::string_view(),
                     "may not have more than one field specified at a time");
    }
  }
}

}  // namespace

void check_env(const Json& container, const FieldPath& path, Causes& causes) {
  std::size_t index = 0;
  for (const Json& variable : elements(member(container, "env"))) {
    const FieldPath at = path.child("env").index(index++);
    check_needed_text(text_at(variable, "name"), object::env_var_name, at.child("name"), causes);
    check_value_from(variable, at.child("valueFrom"), causes);
  }
  check_env_from(container, path, causes);
}

}  // namespace limen::validation::kinds
