// Persistent volumes and the claims to them.
#include "object/decode.h"
#include "validation/kinds/changes.h"
#include "validation/kinds/containers.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"
#include "validation/kinds/volume_sources.h"

namespace limen::validation::kinds {

namespace {

constexpr std::string_view kClassAnnotation = "volume.beta.kubernetes.io/storage-class";

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

void check_access_modes(const Json& spec, std::string_view missing, const FieldPath& path,
                        Causes& causes) {
  const std::span<const Json> modes = elements(member(spec, "accessModes"));
  if (modes.empty()) causes.required(path, missing);
  bool once_per_pod = false;
  bool others = false;
  for (const Json& mode : modes) {
    const std::string_view name = text(&mode);
    check_one_of(name, {"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"}, path,
                 causes);
    once_per_pod = once_per_pod || name == "ReadWriteOncePod";
    others = others || name == "ReadOnlyMany" || name == "ReadWriteMany" || name == "ReadWriteOnce";
  }
  if (once_per_pod && others) {
    causes.forbidden(path, "may not use ReadWriteOncePod with other access modes");
  }
}

void check_capacity(const Json& spec, Causes& causes) {
  const FieldPath path = spec_path().child("capacity");
  const Json* capacity = member(spec, "capacity");
  const boost::json::object& amounts = members(capacity);
  if (amounts.empty()) causes.required(path);
  if (!amounts.contains("storage") || amounts.size() > 1) {
    const std::vector<std::string> supported = {"storage"};
    if (capacity && capacity->is_object()) {
      causes.not_supported(path, *capacity, supported);
    } else {  // Go shows a map that is not there without quotes
      causes.append({{"FieldValueNotSupported",
                      "Unsupported value: null: supported values: \"storage\"", path.text()}});
    }
  }
  for (const auto& amount : amounts) {
    const auto value = amount_of(&amount.value());
    const FieldPath at = path.key(amount.key());
    if (value && value->value() < 0) {
      causes.invalid(at, Json(value->value()), "must be a valid resource quantity");
    }
    check_amount_positive(amount.value(), at, causes);
  }
}

void check_volume_class(const Json& spec, Causes& causes) {
  if (!has(spec, "volumeAttributesClassName")) return;
  const std::string_view name = text_at(spec, "volumeAttributesClassName");
  const FieldPath path = spec_path().child("volumeAttributesClassName");
  if (name.empty()) {
    causes.required(path, "an empty string is disallowed");
  } else {
    check_text(name, object::dns1123_subdomain, path, causes);
  }
  if (!has(spec, "csi")) {
    causes.required(spec_path().child("csi"),
                    "has to be specified when using volumeAttributesClassName");
  }
}

void check_volume_affinity(const Json& spec, Causes& causes) {
  const FieldPath path = spec_path().child("nodeAffinity");
  if (!has(spec, "nodeAffinity")) return;
  const Json& affinity = object_at(spec, "nodeAffinity");
  if (!has(affinity, "required")) {
    causes.required(path.child("required"), "must specify required node constraints");
  } else {
    check_node_selector(object_at(affinity, "required"), path.child("required"), causes);
  }
}

// "/" in any of its spellings.
bool is_root(std::string_view path) {
  return path.starts_with('/') && path.find_first_not_of("/.") == std::string_view::npos &&
         path.find("...") == std::string_view::npos;
}

Json only_sources(const Json& spec) {
  Json out(boost::json::object_kind);
  for (const auto& entry : members(&spec)) {
    if (is_persistent_source(entry.key()) && !entry.value().is_null()) {
      out.get_object()[entry.key()] = entry.value();
    }
  }
  return out;
}

void check_class_name_goes(const Json& now, const Json& before, bool empty_too, Causes& causes) {
  if (!has(before, "volumeAttributesClassName")) return;
  const FieldPath path = spec_path().child("volumeAttributesClassName");
  if (!has(now, "volumeAttributesClassName")) {
    causes.forbidden(path, "update from non-nil value to nil is forbidden");
  } else if (empty_too && text_at(now, "volumeAttributesClassName").empty() &&
             !text_at(before, "volumeAttributesClassName").empty()) {
    causes.forbidden(path, "update from non-nil value to an empty string is forbidden");
  }
}

void check_source_of_data(const Json& spec, std::string_view key, const FieldPath& spec_at,
                          Causes& causes) {
  if (!has(spec, key)) return;
  const Json& source = object_at(spec, key);
  const FieldPath path = spec_at.child(key);
  check_filled(source, {"name", "kind"}, path, causes);
  const std::string_view group = text_at(source, "apiGroup");
  const std::string_view kind = text_at(source, "kind");
  if (group.empty() && kind != "PersistentVolumeClaim") {
    causes.invalid(path, kind,
                   "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
  }
  check_set_text(source, "apiGroup", object::dns1123_subdomain, path, causes);
  if (key == "dataSourceRef") {
    check_set_text(source, "namespace", object::dns1123_label, path, causes);
  }
}

// The two fields for one thing must agree.
void check_sources_agree(const Json& spec, const FieldPath& path, Causes& causes) {
  if (!has(spec, "dataSource") || !has(spec, "dataSourceRef")) return;
  const Json& source = object_at(spec, "dataSource");
  const Json& ref = object_at(spec, "dataSourceRef");
  std::string_view problem;
  if (!text_at(ref, "namespace").empty()) {
    problem = "may not be specified when dataSourceRef.namespace is specified";
  } else {
    for (const std::string_view key : {"apiGroup", "kind", "name"}) {
      if (!same(member(source, key), member(ref, key))) problem = "must match dataSourceRef";
    }
  }
  // Go shows a path without exported fields.
  if (!problem.empty()) causes.invalid_shown(path, "{}", problem);
}

// What a claim may become: bound once, larger, of another class of attributes.
Json with_allowed(const Json& now, const Json& before, bool bound) {
  Json out = object::mutable_copy(now);
  boost::json::object& spec = out.get_object();
  const auto take = [&](std::string_view key) {
    if (const Json* value = member(before, key)) {
      spec[key] = *value;
    } else {
      spec.erase(key);
    }
  };
  if (text_at(before, "volumeName").empty()) take("volumeName");
  if (!has(before, "storageClassName")) take("storageClassName");
  if (!bound) return out;
  if (has(now, "volumeAttributesClassName")) take("volumeAttributesClassName");
  Json* resources = member(out, "resources");
  Json* requests = resources ? member(*resources, "requests") : nullptr;
  const Json* storage = find(before, {"resources", "requests", "storage"});
  if (requests && requests->is_object() && storage) requests->get_object()["storage"] = *storage;
  return out;
}

}  // namespace

void check_claim_spec(const Json& spec, const FieldPath& path, Causes& causes) {
  check_access_modes(spec, "at least 1 access mode is required", path.child("accessModes"), causes);
  check_label_selector(member(spec, "selector"), path.child("selector"), causes);
  const FieldPath storage = path.child("resources").key("storage");
  const Json* wanted = find(spec, {"resources", "requests", "storage"});
  if (!wanted || wanted->is_null()) {
    causes.required(storage);
  } else {
    check_amount_positive(*wanted, storage, causes);
  }
  check_set_text(spec, "storageClassName", object::dns1123_subdomain, path, causes);
  if (has(spec, "volumeMode")) {
    check_one_of(text_at(spec, "volumeMode"), {"Block", "Filesystem"}, path.child("volumeMode"),
                 causes);
  }
  for (const std::string_view key : {"dataSource", "dataSourceRef"}) {
    check_source_of_data(spec, key, path, causes);
  }
  check_sources_agree(spec, path, causes);
  check_set_text(spec, "volumeAttributesClassName", object::dns1123_subdomain, path, causes);
}

void check_persistent_volume(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_access_modes(spec, {}, spec_path().child("accessModes"), causes);
  check_capacity(spec, causes);
  const std::string_view reclaim = text_at(spec, "persistentVolumeReclaimPolicy");
  const FieldPath reclaim_path = spec_path().child("persistentVolumeReclaimPolicy");
  check_enum(reclaim, {"Delete", "Recycle", "Retain"}, reclaim_path, false, causes);
  check_volume_affinity(spec, causes);
  check_volume_sources(spec, {.persistent = true, .owner = object::name(object), .volume = {}},
                       spec_path(), causes);
  if (has(spec, "local") && !has(spec, "nodeAffinity")) {
    causes.required(spec_path().child("nodeAffinity"), "Local volume requires node affinity");
  }
  if (reclaim == "Recycle" && is_root(text(find(spec, {"hostPath", "path"})))) {
    causes.forbidden(reclaim_path, "may not be 'recycle' for a hostPath mount of '/'");
  }
  check_set_text(spec, "storageClassName", object::dns1123_subdomain, spec_path(), causes);
  if (has(spec, "volumeMode")) {
    check_one_of(text_at(spec, "volumeMode"), {"Block", "Filesystem"},
                 spec_path().child("volumeMode"), causes);
  }
  check_volume_class(spec, causes);
}

void check_persistent_volume_update(const Json& object, const Json& old, Causes& causes) {
  const Json& spec = spec_of(object);
  const Json& old_spec = spec_of(old);
  Json now = only_sources(spec);
  const Json before = only_sources(old_spec);
  // A secret for growing may be named later.
  Json* csi = member(now, "csi");
  if (csi && csi->is_object() && find(before, {"csi"}) &&
      !has(object_at(before, "csi"), "controllerExpandSecretRef")) {
    csi->get_object().erase("controllerExpandSecretRef");
  }
  if (now != before) {
    causes.forbidden(
        spec_path().child("persistentvolumesource"),
        "spec.persistentvolumesource is immutable after creation" + changes_between(before, now));
  }
  check_immutable(member(spec, "volumeMode"), member(old_spec, "volumeMode"),
                  FieldPath("volumeMode"), causes);
  if (has(old_spec, "nodeAffinity") &&
      !same(member(spec, "nodeAffinity"), member(old_spec, "nodeAffinity"))) {
    causes.invalid(FieldPath("nodeAffinity"), shown_of(member(spec, "nodeAffinity")),
                   "field is immutable, except for updating from beta label to GA");
  }
  check_class_name_goes(spec, old_spec, false, causes);
}

void check_persistent_volume_claim(const Json& object, Causes& causes) {
  check_claim_spec(spec_of(object), spec_path(), causes);
}

void check_persistent_volume_claim_update(const Json& object, const Json& old, Causes& causes) {
  const Json& before = spec_of(old);
  const Json& now = spec_of(object);
  const auto annotation = [](const Json& claim) {
    return text(find(claim, {"metadata", "annotations", kClassAnnotation}));
  };
  if (annotation(object) != annotation(old)) {
    causes.invalid(FieldPath("metadata.annotations").child(kClassAnnotation), annotation(object),
                   kImmutable);
  }
  const bool bound = text_at(status_of(object), "phase") == "Bound";
  const Json allowed = with_allowed(now, before, bound);
  if (allowed != before) {
    causes.forbidden(spec_path(),
                     "spec is immutable after creation except resources.requests and "
                     "volumeAttributesClassName for bound claims" +
                         changes_between(before, allowed));
  }
  const auto size_of = [](const Json& spec) {
    return amount_of(find(spec, {"resources", "requests", "storage"}));
  };
  const auto size = size_of(now);
  const auto old_size = size_of(before);
  const auto capacity = amount_of(find(old, {"status", "capacity", "storage"}));
  if (size && old_size && *size < *old_size && *size <= capacity.value_or(object::Quantity())) {
    causes.forbidden(spec_path().child("resources").child("requests").child("storage"),
                     "field can not be less than status.capacity");
  }
  check_immutable(member(now, "volumeMode"), member(before, "volumeMode"), FieldPath("volumeMode"),
                  causes);
  check_class_name_goes(now, before, true, causes);
}

void check_persistent_volume_claim_status(const Json& object, const Json&, Causes& causes) {
  const FieldPath path = FieldPath("status").child("capacity");
  if (elements(find(object, {"spec", "accessModes"})).empty()) {
    causes.required(FieldPath("Spec").child("accessModes"));
  }
  for (const auto& amount : members(find(object, {"status", "capacity"}))) {
    const auto value = amount_of(&amount.value());
    if (value && value->value() < 0) {
      causes.invalid(path.key(amount.key()), Json(value->value()),
                     "must be a valid resource quantity");
    }
  }
}

}  // namespace limen::validation::kinds
