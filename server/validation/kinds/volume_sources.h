// Sources of volumes: what a pod's volume, or a PersistentVolume, is made of.
//
// One table holds every source with the paths its causes name; pods and PersistentVolumes take the
// ones they know from it. Thread rule: free functions, any thread.
#pragma once

#include <string_view>

#include "validation/causes.h"

namespace limen::validation::kinds {

// Whose volume it is.
struct VolumeOwner {
  bool persistent = false;  // a PersistentVolume
  bool in_pod = false;      // of a pod itself, not of a template
  std::string_view owner;   // the name of the pod or PersistentVolume; empty in templates
  std::string_view volume;  // the volume's name in a pod
};

// Exactly one source, and a good one. `holder` is the pod's volume or the PersistentVolume's spec.
void check_volume_sources(const Json& holder, const VolumeOwner& owner, const FieldPath& path,
                          Causes& causes);
// True for members of a PersistentVolume's spec that are sources.
bool is_persistent_source(std::string_view key);
// The name of a CSI driver.
void check_csi_driver_name(std::string_view name, const FieldPath& path, Causes& causes);
// Metadata that may hold labels and annotations only, at `path`.
void check_template_metadata(const Json& metadata, const FieldPath& path, Causes& causes);
// A PersistentVolumeClaim's spec.
void check_claim_spec(const Json& spec, const FieldPath& path, Causes& causes);

}  // namespace limen::validation::kinds
