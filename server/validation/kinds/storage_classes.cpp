// The kinds of storage.k8s.io: classes, drivers, attachments.
#include <set>

#include "base/strings.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"
#include "validation/kinds/volume_sources.h"

namespace limen::validation::kinds {

namespace {

constexpr std::size_t kMaxParameters = 512;
constexpr std::size_t kMaxParameterBytes = 256 * 1024;
constexpr std::size_t kMaxNodeId = 192;

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

void check_parameters(const Json& object, Causes& causes) {
  const FieldPath path("parameters");
  const boost::json::object& parameters = members(member(object, "parameters"));
  if (parameters.size() > kMaxParameters) return causes.too_long(path, kMaxParameters);
  std::size_t bytes = 0;
  for (const auto& parameter : parameters) {
    const std::string_view key = parameter.key();
    if (key.empty()) causes.invalid(path, key, "field can not be empty.");
    bytes += key.size() + text(&parameter.value()).size();
  }
  if (bytes > kMaxParameterBytes) causes.too_long(path, kMaxParameterBytes);
}

void check_provisioner(const Json& object, std::string_view key, Causes& causes) {
  const std::string_view name = text_at(object, key);
  if (name.empty()) return causes.required(FieldPath(key));
  causes.invalid_each(FieldPath(key), name, object::qualified_name(base::to_lower(name)));
}

void check_topologies(const Json& object, Causes& causes) {
  std::size_t index = 0;
  for (const Json& term : elements(member(object, "allowedTopologies"))) {
    const FieldPath list =
        FieldPath("allowedTopologies").index(index++).child("matchLabelExpressions");
    std::set<std::string_view> keys;
    std::size_t position = 0;
    for (const Json& expression : elements(member(term, "matchLabelExpressions"))) {
      const FieldPath at = list.index(position++);
      const std::span<const Json> values = elements(member(expression, "values"));
      if (values.empty()) causes.required(at.child("values"));
      std::set<std::string_view> seen;
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (!seen.insert(text(&values[i])).second) {
          causes.duplicate(at.child("values").index(i), text(&values[i]));
        }
      }
      const std::string_view key = text_at(expression, "key");
      check_text(key, object::qualified_name, at.child("key"), causes);
      if (!keys.insert(key).second) causes.duplicate(at.child("key"), key);
    }
  }
}

void check_csi_node_driver(const Json& driver, std::set<std::string_view>& names,
                           const FieldPath& path, Causes& causes) {
  const std::string_view name = text_at(driver, "name");
  const std::string_view id = text_at(driver, "nodeID");
  check_csi_driver_name(name, path.child("name"), causes);
  if (id.empty()) causes.required(path.child("nodeID"));
  if (id.size() > kMaxNodeId) {
    causes.invalid(path.child("nodeID"), id,
                   "must be " + std::to_string(kMaxNodeId) + " characters or less");
  }
  check_not_negative(find(driver, {"allocatable", "count"}),
                     path.child("allocatable").child("count"), causes);
  if (!names.insert(name).second) causes.duplicate(path.child("name"), name);
  std::set<std::string_view> keys;
  for (const Json& key : elements(member(driver, "topologyKeys"))) {
    if (text(&key).empty()) causes.required(path);
    if (!keys.insert(text(&key)).second) causes.duplicate(path, text(&key));
    check_text(text(&key), object::qualified_name, path, causes);
  }
}

}  // namespace

void check_storage_class(const Json& object, Causes& causes) {
  check_provisioner(object, "provisioner", causes);
  check_parameters(object, causes);
  check_enum(text_at(object, "reclaimPolicy"), {"Delete", "Retain"}, FieldPath("reclaimPolicy"),
             false, causes);
  const FieldPath mode("volumeBindingMode");
  if (!has(object, "volumeBindingMode")) {
    causes.required(mode);
  } else {
    check_one_of(text_at(object, "volumeBindingMode"), {"Immediate", "WaitForFirstConsumer"}, mode,
                 causes);
  }
  check_topologies(object, causes);
}

void check_storage_class_update(const Json& object, const Json& old, Causes& causes) {
  for (const std::string_view key : {"parameters", "provisioner", "reclaimPolicy"}) {
    const Json* now = member(object, key);
    const Json* before = member(old, key);
    const bool both_empty = members(now).empty() && members(before).empty() && key == "parameters";
    if (!both_empty && !same(now, before)) {
      causes.forbidden(FieldPath(key), "updates to " + std::string(key) + " are forbidden.");
    }
  }
  check_immutable(member(object, "volumeBindingMode"), member(old, "volumeBindingMode"),
                  FieldPath("volumeBindingMode"), causes);
}

void check_volume_attributes_class(const Json& object, Causes& causes) {
  check_provisioner(object, "driverName", causes);
  check_parameters(object, causes);
  if (members(member(object, "parameters")).empty()) {
    causes.required(FieldPath("parameters"), "must contain at least one key/value pair");
  }
}

void check_volume_attributes_class_update(const Json& object, const Json& old, Causes& causes) {
  for (const std::string_view key : {"driverName", "parameters"}) {
    if (same(member(object, key), member(old, key))) continue;
    if (key == "driverName") {
      causes.forbidden(FieldPath(key), "updates to driverName are forbidden.");
    } else {
      causes.forbidden(FieldPath(key), "updates to parameters are forbidden.");
    }
  }
}

object::Problems csi_driver_name(std::string_view name) {
  object::Problems out = object::dns1123_subdomain(base::to_lower(name));
  return out;
}

void check_csi_driver(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  for (const std::string_view key : {"attachRequired", "podInfoOnMount", "storageCapacity"}) {
    if (!has(spec, key)) causes.required(spec_path().child(key));
  }
  if (!has(spec, "fsGroupPolicy")) {
    causes.required(spec_path().child("fsGroupPolicy"));
  } else {
    check_one_of(text_at(spec, "fsGroupPolicy"), {"File", "None", "ReadWriteOnceWithFSType"},
                 spec_path().child("fsGroupPolicy"), causes);
  }
  std::set<std::string_view> audiences;
  std::size_t index = 0;
  for (const Json& request : elements(member(spec, "tokenRequests"))) {
    const FieldPath at = spec_path().child("tokenRequests").index(index++);
    const std::string_view audience = text_at(request, "audience");
    if (!audiences.insert(audience).second) causes.duplicate(at.child("audience"), audience);
    const Json* seconds = member(request, "expirationSeconds");
    if (!seconds || seconds->is_null()) continue;
    if (object::int_or(seconds, 0) < 600) {
      causes.invalid(at.child("expirationSeconds"), *seconds,
                     "may not specify a duration less than 10 minutes");
    }
    if (object::int_or(seconds, 0) > (std::int64_t{1} << 32)) {
      causes.invalid(at.child("expirationSeconds"), *seconds,
                     "may not specify a duration larger than 2^32 seconds");
    }
  }
  for (const Json& mode : elements(member(spec, "volumeLifecycleModes"))) {
    check_one_of(text(&mode), {"Ephemeral", "Persistent"},
                 spec_path().child("volumeLifecycleModes"), causes);
  }
}

void check_csi_driver_update(const Json& object, const Json& old, Causes& causes) {
  for (const std::string_view key : {"attachRequired", "volumeLifecycleModes"}) {
    check_immutable(member(spec_of(object), key), member(spec_of(old), key),
                    spec_path().child(key == "attachRequired" ? "attachedRequired" : key), causes);
  }
}

void check_csi_node(const Json& object, Causes& causes) {
  std::set<std::string_view> names;
  std::size_t index = 0;
  for (const Json& driver : elements(find(object, {"spec", "drivers"}))) {
    check_csi_node_driver(driver, names, spec_path().child("drivers").index(index++), causes);
  }
}

void check_csi_node_update(const Json& object, const Json& old, Causes& causes) {
  for (const Json& before : elements(find(old, {"spec", "drivers"}))) {
    for (const Json& now : elements(find(object, {"spec", "drivers"}))) {
      if (text_at(now, "name") == text_at(before, "name") && now != before) {
        causes.invalid(FieldPath("CSINodeDriver"), now, kImmutable);
      }
    }
  }
}

void check_volume_attachment(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_filled(spec, {"attacher"}, spec_path(), causes);
  const Json& source = object_at(spec, "source");
  const FieldPath path = spec_path().child("source");
  const bool named = has(source, "persistentVolumeName");
  const bool inlined = has(source, "inlineVolumeSpec");
  constexpr std::string_view kOne =
      "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  if (!named && !inlined) {
    causes.required(path, kOne);
  } else if (named && inlined) {
    causes.forbidden(path, kOne);
  } else if (named && text_at(source, "persistentVolumeName").empty()) {
    causes.required(path.child("persistentVolumeName"),
                    "must specify non empty persistentVolumeName");
  }
  check_text(text_at(spec, "nodeName"), object::dns1123_subdomain, spec_path().child("nodeName"),
             causes);
}

void check_volume_attachment_create(const Json& object, Causes& causes) {
  check_csi_driver_name(text_at(spec_of(object), "attacher"), FieldPath("spec.attacher"), causes);
  const Json* name = find(object, {"spec", "source", "persistentVolumeName"});
  if (name && !name->is_null()) {
    check_text(text(name), object::dns1123_subdomain, FieldPath("spec.source.persistentVolumeName"),
               causes);
  }
}

void check_spec_update(const Json& object, const Json& old, Causes& causes) {
  check_immutable(member(object, "spec"), member(old, "spec"), spec_path(), causes);
}

}  // namespace limen::validation::kinds
