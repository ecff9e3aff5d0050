// Persistent volumes, claims and storage classes.
#include <algorithm>

#include "object/decode.h"
#include "object/metadata.h"
#include "object/quantity.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::find;
using object::member;
using object::text_at;

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

const Json& spec_of(const Json& object) {
  static const Json kNone(boost::json::object_kind);
  const Json* spec = member(object, "spec");
  return spec && spec->is_object() ? *spec : kNone;
}

void check_access_modes(const Json& spec, std::string_view missing, Causes& causes) {
  const FieldPath path = spec_path().child("accessModes");
  const std::span<const Json> modes = elements(member(spec, "accessModes"));
  if (modes.empty()) causes.required(path, missing);
  bool once_per_pod = false;
  for (const Json& mode : modes) {
    check_enum(text(&mode), {"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"},
               path, true, causes);
    once_per_pod = once_per_pod || text(&mode) == "ReadWriteOncePod";
  }
  if (once_per_pod && modes.size() > 1) {
    causes.forbidden(path, "may not use ReadWriteOncePod with other access modes");
  }
}

// Storage asked for or offered must be more than nothing.
void check_storage_amount(const Json* amount, const FieldPath& path, Causes& causes) {
  const auto value = object::Quantity::parse(text(amount));
  if (value && value->sign() <= 0) causes.invalid(path, *amount, "must be greater than zero");
}

// Members of a volume's spec that are not the volume's source.
bool is_source(std::string_view key) {
  constexpr std::string_view kOthers[] = {"accessModes",      "capacity",
                                          "claimRef",         "mountOptions",
                                          "nodeAffinity",     "persistentVolumeReclaimPolicy",
                                          "storageClassName", "volumeAttributesClassName",
                                          "volumeMode"};
  return std::find(std::begin(kOthers), std::end(kOthers), key) == std::end(kOthers);
}

Json only_sources(const Json& spec) {
  Json out(boost::json::object_kind);
  for (const auto& entry : members(&spec)) {
    if (is_source(entry.key()) && !entry.value().is_null()) {
      out.get_object()[entry.key()] = entry.value();
    }
  }
  return out;
}

}  // namespace

void check_persistent_volume(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_access_modes(spec, {}, causes);
  const FieldPath capacity = spec_path().child("capacity");
  const boost::json::object& amounts = members(member(spec, "capacity"));
  if (amounts.empty()) causes.required(capacity);
  if (!amounts.empty() && !amounts.contains("storage")) {
    causes.not_supported(capacity, amounts.begin()->key(), {"storage"});
  }
  for (const auto& amount : amounts) {
    check_storage_amount(&amount.value(), capacity.key(amount.key()), causes);
  }
  check_enum(text_at(spec, "persistentVolumeReclaimPolicy"), {"Delete", "Recycle", "Retain"},
             spec_path().child("persistentVolumeReclaimPolicy"), false, causes);
  check_enum(text_at(spec, "volumeMode"), {"Block", "Filesystem"}, spec_path().child("volumeMode"),
             false, causes);
  std::size_t sources = 0;
  for (const auto& entry : members(&spec)) {
    if (!is_source(entry.key()) || entry.value().is_null()) continue;
    if (++sources > 1) {
      causes.forbidden(spec_path().child(entry.key()), "may not specify more than 1 volume type");
    }
  }
  if (sources == 0) causes.required(spec_path(), "must specify a volume type");
}

void check_persistent_volume_update(const Json& object, const Json& old, Causes& causes) {
  const Json now = only_sources(spec_of(object));
  const Json before = only_sources(spec_of(old));
  if (now != before) {
    causes.forbidden(spec_path().child("persistentvolumesource"),
                     "spec.persistentvolumesource is immutable after creation");
  }
  check_immutable(member(spec_of(object), "volumeMode"), member(spec_of(old), "volumeMode"),
                  spec_path().child("volumeMode"), causes);
}

void check_persistent_volume_claim(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_access_modes(spec, "at least 1 access mode is required", causes);
  check_label_selector(member(spec, "selector"), spec_path().child("selector"), causes);
  const FieldPath storage = spec_path().child("resources").key("storage");
  const Json* wanted = find(spec, {"resources", "requests", "storage"});
  if (!wanted || wanted->is_null()) {
    causes.required(storage);
  } else {
    check_storage_amount(wanted, storage, causes);
  }
  const std::string_view storage_class = text_at(spec, "storageClassName");
  if (!storage_class.empty()) {
    causes.invalid_each(spec_path().child("storageClassName"), storage_class,
                        object::dns1123_subdomain(storage_class));
  }
  check_enum(text_at(spec, "volumeMode"), {"Block", "Filesystem"}, spec_path().child("volumeMode"),
             false, causes);
}

void check_persistent_volume_claim_update(const Json& object, const Json& old, Causes& causes) {
  const Json& before = spec_of(old);
  Json now = object::mutable_copy(spec_of(object));
  boost::json::object& changed = now.get_object();
  // Binding sets volumeName once; a claim may ask for more and for another attributes class.
  const auto allow = [&](std::string_view key) {
    if (const Json* value = member(before, key)) {
      changed[key] = *value;
    } else if (auto found = changed.find(key); found != changed.end()) {
      changed.stable_erase(found);
    }
  };
  if (text_at(before, "volumeName").empty()) allow("volumeName");
  if (!has(before, "storageClassName")) allow("storageClassName");
  allow("volumeAttributesClassName");
  const auto requested = [](const Json& spec) {
    return object::Quantity::parse(text(find(spec, {"resources", "requests", "storage"})));
  };
  const auto asked = requested(now);
  const auto had = requested(before);
  if (asked && had && *asked < *had) {
    causes.forbidden(spec_path().child("resources").child("requests").child("storage"),
                     "field can not be less than previous value");
  }
  allow("resources");
  if (now != before) {
    causes.forbidden(spec_path(),
                     "spec is immutable after creation except resources.requests and "
                     "volumeAttributesClassName for bound claims");
  }
}

void check_storage_class(const Json& object, Causes& causes) {
  const std::string_view provisioner = text_at(object, "provisioner");
  if (provisioner.empty()) {
    causes.required(FieldPath("provisioner"));
  } else {
    for (const std::string& problem : object::qualified_name(provisioner)) {
      causes.invalid(FieldPath("provisioner"), provisioner, problem);
    }
  }
  check_enum(text_at(object, "reclaimPolicy"), {"Delete", "Retain"}, FieldPath("reclaimPolicy"),
             false, causes);
  check_enum(text_at(object, "volumeBindingMode"), {"Immediate", "WaitForFirstConsumer"},
             FieldPath("volumeBindingMode"), false, causes);
}

void check_storage_class_update(const Json& object, const Json& old, Causes& causes) {
  const auto changed = [&](std::string_view key) {
    return !same(member(object, key), member(old, key));
  };
  if (changed("parameters")) {
    causes.forbidden(FieldPath("parameters"), "updates to parameters are forbidden.");
  }
  if (changed("provisioner")) {
    causes.forbidden(FieldPath("provisioner"), "updates to provisioner are forbidden.");
  }
  if (changed("reclaimPolicy")) {
    causes.forbidden(FieldPath("reclaimPolicy"), "updates to reclaimPolicy are forbidden.");
  }
  check_immutable(member(object, "volumeBindingMode"), member(old, "volumeBindingMode"),
                  FieldPath("volumeBindingMode"), causes);
}

}  // namespace limen::validation::kinds
