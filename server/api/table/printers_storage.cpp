// Storage: volumes, claims, classes, drivers.
#include <algorithm>

#include "api/table/printer.h"
#include "base/strings.h"
#include "object/metadata.h"

namespace limen::api {
namespace {

using object::Json;

constexpr Column kVolumeColumns[] = {kNameColumn,
                                     text_column("Capacity"),
                                     text_column("Access Modes"),
                                     text_column("Reclaim Policy"),
                                     text_column("Status"),
                                     text_column("Claim"),
                                     text_column("StorageClass"),
                                     text_column("VolumeAttributesClass"),
                                     text_column("Reason"),
                                     kAgeColumn,
                                     text_column("VolumeMode", 1)};
constexpr Column kClaimColumns[] = {kNameColumn,
                                    text_column("Status"),
                                    text_column("Volume"),
                                    text_column("Capacity"),
                                    text_column("Access Modes"),
                                    text_column("StorageClass"),
                                    text_column("VolumeAttributesClass"),
                                    kAgeColumn,
                                    text_column("VolumeMode", 1)};
constexpr Column kClassColumns[] = {kNameColumn,
                                    text_column("Provisioner"),
                                    text_column("ReclaimPolicy"),
                                    text_column("VolumeBindingMode"),
                                    text_column("AllowVolumeExpansion"),
                                    kAgeColumn};
constexpr Column kAttributesColumns[] = {kNameColumn, text_column("DriverName"), kAgeColumn};
constexpr Column kAttachmentColumns[] = {
    kNameColumn,         {"Attacher", "string", "name", 0}, text_column("PV"),
    text_column("Node"), boolean_column("Attached"),        kAgeColumn};
constexpr Column kNodeColumns[] = {kNameColumn, integer_column("Drivers"), kAgeColumn};
constexpr Column kDriverColumns[] = {kNameColumn,
                                     boolean_column("AttachRequired"),
                                     boolean_column("PodInfoOnMount"),
                                     boolean_column("StorageCapacity"),
                                     text_column("TokenRequests"),
                                     boolean_column("RequiresRepublish"),
                                     text_column("Modes"),
                                     kAgeColumn};
constexpr Column kCapacityColumns[] = {kNameColumn, text_column("StorageClassName"),
                                       text_column("Capacity")};

constexpr std::string_view kClassAnnotation = "volume.beta.kubernetes.io/storage-class";

// RWO,ROX: each mode once, in the order of Kubernetes.
std::string access_modes(std::span<const Json> modes) {
  struct Mode {
    std::string_view name, text;
  };
  static constexpr Mode kModes[] = {{"ReadWriteOnce", "RWO"},
                                    {"ReadOnlyMany", "ROX"},
                                    {"ReadWriteMany", "RWX"},
                                    {"ReadWriteOncePod", "RWOP"}};
  std::vector<std::string> out;
  for (const Mode& mode : kModes) {
    const auto has = [&mode](const Json& value) {
      return value.is_string() && std::string_view(value.as_string()) == mode.name;
    };
    if (std::any_of(modes.begin(), modes.end(), has)) out.emplace_back(mode.text);
  }
  return base::join(out, ",");
}

std::string_view storage_class(const Json& object) {
  const std::string_view old = text_in(object, {"metadata", "annotations", kClassAnnotation});
  return old.empty() ? text_in(object, {"spec", "storageClassName"}) : old;
}

std::string_view phase_of(const Json& object) {
  if (!object::deletion_timestamp(object).empty()) return "Terminating";
  return text_in(object, {"status", "phase"});
}

std::string amount(const Json& object, Path path) {
  const std::string text = scalar_in(object, path);
  return text.empty() ? "0" : text;
}

void print_volume(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(amount(object, {"spec", "capacity", "storage"}));
  cells.text(access_modes(list_in(object, {"spec", "accessModes"})));
  cells.text(text_in(object, {"spec", "persistentVolumeReclaimPolicy"}));
  cells.text(phase_of(object));
  const Json* claim = object::find(object, {"spec", "claimRef"});
  cells.text(claim == nullptr ? ""
                              : std::string(object::text_at(*claim, "namespace")) + "/" +
                                    std::string(object::text_at(*claim, "name")));
  cells.text(storage_class(object));
  cells.text_or(text_in(object, {"spec", "volumeAttributesClassName"}), "<unset>");
  cells.text(text_in(object, {"status", "reason"}));
  cells.age(object);
  cells.text_or(text_in(object, {"spec", "volumeMode"}), "<unset>");
}

void print_claim(Cells& cells, const Json& object) {
  const std::string_view volume = text_in(object, {"spec", "volumeName"});
  cells.text(object::name(object));
  cells.text(phase_of(object));
  cells.text(volume);
  cells.text(volume.empty() ? "" : amount(object, {"status", "capacity", "storage"}));
  cells.text(volume.empty() ? "" : access_modes(list_in(object, {"status", "accessModes"})));
  cells.text(storage_class(object));
  cells.text_or(text_in(object, {"spec", "volumeAttributesClassName"}), "<unset>");
  cells.age(object);
  cells.text_or(text_in(object, {"spec", "volumeMode"}), "<unset>");
}

// True when one of the annotations marks the object as the one used unless another is named.
bool is_default(const Json& object, std::initializer_list<std::string_view> annotations) {
  return std::any_of(annotations.begin(), annotations.end(), [&object](std::string_view key) {
    return text_in(object, {"metadata", "annotations", key}) == "true";
  });
}

void print_class(Cells& cells, const Json& object) {
  std::string name(object::name(object));
  if (is_default(object, {"storageclass.kubernetes.io/is-default-class",
                          "storageclass.beta.kubernetes.io/is-default-class"})) {
    name += " (default)";
  }
  cells.text(name);
  cells.text(object::text_at(object, "provisioner"));
  cells.text_or(object::text_at(object, "reclaimPolicy"), "Delete");
  cells.text_or(object::text_at(object, "volumeBindingMode"), "Immediate");
  cells.boolean(boolean_in(object, {"allowVolumeExpansion"}));
  cells.age(object);
}

void print_attributes(Cells& cells, const Json& object) {
  std::string name(object::name(object));
  if (is_default(object, {"volumeattributesclass.alpha.kubernetes.io/is-default-class"})) {
    name += " (default)";
  }
  cells.text(name);
  cells.text(object::text_at(object, "driverName"));
  cells.age(object);
}

void print_attachment(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(text_in(object, {"spec", "attacher"}));
  cells.text(text_in(object, {"spec", "source", "persistentVolumeName"}));
  cells.text(text_in(object, {"spec", "nodeName"}));
  cells.boolean(boolean_in(object, {"status", "attached"}));
  cells.age(object);
}

void print_node(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.number(size_in(object, {"spec", "drivers"}));
  cells.age(object);
}

void print_driver(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.boolean(boolean_in(object, {"spec", "attachRequired"}, true));
  cells.boolean(boolean_in(object, {"spec", "podInfoOnMount"}));
  cells.boolean(boolean_in(object, {"spec", "storageCapacity"}));
  cells.text_or(joined(list_in(object, {"spec", "tokenRequests"}), "audience", ","), "<unset>");
  cells.boolean(boolean_in(object, {"spec", "requiresRepublish"}));
  cells.text_or(joined_texts(list_in(object, {"spec", "volumeLifecycleModes"}), ","), "<none>");
  cells.age(object);
}

void print_capacity(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(object::text_at(object, "storageClassName"));
  cells.text_or(scalar_in(object, {"capacity"}), "<unset>");
}

constexpr Printer kPrinters[] = {
    {"", "persistentvolumes", kVolumeColumns, print_volume},
    {"", "persistentvolumeclaims", kClaimColumns, print_claim},
    {"storage.k8s.io", "storageclasses", kClassColumns, print_class},
    {"storage.k8s.io", "volumeattributesclasses", kAttributesColumns, print_attributes},
    {"storage.k8s.io", "volumeattachments", kAttachmentColumns, print_attachment},
    {"storage.k8s.io", "csinodes", kNodeColumns, print_node},
    {"storage.k8s.io", "csidrivers", kDriverColumns, print_driver},
    {"storage.k8s.io", "csistoragecapacities", kCapacityColumns, print_capacity}};

}  // namespace

std::span<const Printer> storage_printers() { return kPrinters; }

}  // namespace limen::api
