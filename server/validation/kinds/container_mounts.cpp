// Where containers mount volumes, and block devices.
#include "validation/kinds/containers.h"
#include "validation/kinds/parts.h"

namespace limen::validation::kinds {

namespace {

// By name: the path of the last one.
using Places = std::map<std::string_view, std::string_view>;

Places places_of(const Json& container, std::string_view list, std::string_view key) {
  Places out;
  for (const Json& one : elements(member(container, list))) {
    out[text_at(one, "name")] = text_at(one, key);
  }
  return out;
}

bool has_path(const Places& places, std::string_view path) {
  for (const auto& [name, place] : places) {
    if (place == path) return true;
  }
  return false;
}

void check_propagation(const Json& mount, const Json& container, const FieldPath& path,
                       Causes& causes) {
  if (!has(mount, "mountPropagation")) return;
  const std::string_view mode = text_at(mount, "mountPropagation");
  check_one_of(mode, {"Bidirectional", "HostToContainer", "None"}, path, causes);
  const bool privileged = is_true(find(container, {"securityContext", "privileged"}));
  if (mode == "Bidirectional" && !privileged) {
    causes.forbidden(path,
                     "Bidirectional mount propagation is available only to privileged containers");
  }
}

void check_recursive_read_only(const Json& mount, const FieldPath& path, Causes& causes) {
  if (!has(mount, "recursiveReadOnly")) return;
  const std::string_view mode = text_at(mount, "recursiveReadOnly");
  if (mode == "Disabled") return;
  if (mode != "Enabled" && mode != "IfPossible") {
    return causes.not_supported(path, mode, {"Disabled", "Enabled", "IfPossible"});
  }
  if (!is_true(member(mount, "readOnly"))) {
    causes.forbidden(path, "may only be specified when readOnly is true");
  }
  const std::string_view propagation = text_at(mount, "mountPropagation");
  if (!propagation.empty() && propagation != "None") {
    causes.forbidden(path, "may only be specified when mountPropagation is None or not specified");
  }
}

// A part of the volume. kube-apiserver names the list in these paths, not the mount.
void check_sub_path(const Json& mount, const Json* volume, const FieldPath& list,
                    const FieldPath& path, Causes& causes) {
  const std::string_view sub = text_at(mount, "subPath");
  const std::string_view expression = text_at(mount, "subPathExpr");
  if (volume && has(*volume, "image")) {
    constexpr std::string_view kNot = "not allowed in image volume sources";
    if (!sub.empty()) causes.invalid(path.child("subPath"), sub, kNot);
    if (!expression.empty()) causes.invalid(path.child("subPathExpr"), expression, kNot);
  }
  if (!sub.empty()) check_relative(sub, list.child("subPath"), causes);
  if (expression.empty()) return;
  if (!sub.empty()) {
    causes.invalid(path.child("subPathExpr"), expression,
                   "subPathExpr and subPath are mutually exclusive");
  }
  check_relative(expression, list.child("subPathExpr"), causes);
}

void check_volume_mounts(const Json& container, const PodContext& pod, const FieldPath& list,
                         Causes& causes) {
  const Places devices = places_of(container, "volumeDevices", "devicePath");
  std::set<std::string_view> paths;
  std::size_t index = 0;
  for (const Json& mount : elements(member(container, "volumeMounts"))) {
    const FieldPath at = list.index(index++);
    const std::string_view name = text_at(mount, "name");
    const std::string_view where = text_at(mount, "mountPath");
    if (name.empty()) causes.required(at.child("name"));
    const auto volume = pod.volumes.find(name);
    if (volume == pod.volumes.end()) causes.not_found(at.child("name"), name);
    if (where.empty()) causes.required(at.child("mountPath"));
    if (!paths.insert(where).second) {
      causes.invalid(at.child("mountPath"), where, "must be unique");
    }
    if (devices.contains(name)) {
      causes.invalid(at.child("name"), name, "must not already exist in volumeDevices");
    }
    if (has_path(devices, where)) {
      causes.invalid(at.child("mountPath"), where,
                     "must not already exist as a path in volumeDevices");
    }
    check_sub_path(mount, volume == pod.volumes.end() ? nullptr : volume->second, list, at, causes);
    check_propagation(mount, container, list.child("mountPropagation"), causes);
    check_recursive_read_only(mount, list.child("recursiveReadOnly"), causes);
  }
}

bool is_claimed(const Json* volume) {
  return !volume || has(*volume, "persistentVolumeClaim") || has(*volume, "ephemeral");
}

void check_devices(const Json& container, const PodContext& pod, const FieldPath& list,
                   Causes& causes) {
  const Places mounts = places_of(container, "volumeMounts", "mountPath");
  std::set<std::string_view> names;
  std::set<std::string_view> paths;
  std::size_t index = 0;
  for (const Json& device : elements(member(container, "volumeDevices"))) {
    const FieldPath at = list.index(index++);
    const std::string_view name = text_at(device, "name");
    const std::string_view where = text_at(device, "devicePath");
    if (name.empty()) causes.required(at.child("name"));
    if (names.contains(name)) causes.invalid(at.child("name"), name, "must be unique");
    const auto volume = pod.volumes.find(name);
    if (volume == pod.volumes.end()) {
      causes.not_found(at.child("name"), name);
    } else if (!is_claimed(volume->second)) {
      causes.invalid(at.child("name"), name,
                     "can only use volume source type of PersistentVolumeClaim or Ephemeral for "
                     "block mode");
    }
    if (where.empty()) causes.required(at.child("devicePath"));
    if (paths.contains(where)) causes.invalid(at.child("devicePath"), where, "must be unique");
    if (has_backsteps(where)) {
      causes.invalid(at.child("devicePath"), where, "can not contain backsteps ('..')");
    } else {
      paths.insert(where);
    }
    if (mounts.contains(name)) {
      causes.invalid(at.child("name"), name, "must not already exist in volumeMounts");
    }
    if (has_path(mounts, where)) {
      causes.invalid(at.child("devicePath"), where,
                     "must not already exist as a path in volumeMounts");
    }
    if (!name.empty()) names.insert(name);
  }
}

}  // namespace

void check_mounts(const Json& container, const PodContext& pod, const FieldPath& path,
                  Causes& causes) {
  check_volume_mounts(container, pod, path.child("volumeMounts"), causes);
  check_devices(container, pod, path.child("volumeDevices"), causes);
}

}  // namespace limen::validation::kinds
