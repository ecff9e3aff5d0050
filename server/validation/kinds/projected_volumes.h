// Volumes made from other objects: secrets, config maps, the downward API, projections of several.
// The functions fit the table of volume_sources.cpp. Thread rule: free functions, any thread.
#pragma once

#include "validation/kinds/volume_sources.h"

namespace limen::validation::kinds {

void check_secret_volume(const Json& source, const VolumeOwner& owner, const FieldPath& path,
                         Causes& causes);
void check_config_map_volume(const Json& source, const VolumeOwner& owner, const FieldPath& path,
                             Causes& causes);
void check_downward_volume(const Json& source, const VolumeOwner& owner, const FieldPath& path,
                           Causes& causes);
void check_projected_volume(const Json& source, const VolumeOwner& owner, const FieldPath& path,
                            Causes& causes);

// Fields of the pod: `in_volume` says where they are shown, which decides what may be shown.
void check_field_ref(const Json& ref, bool in_volume, const FieldPath& path, Causes& causes);
void check_resource_field_ref(const Json& ref, bool in_volume, const FieldPath& path,
                              Causes& causes);

}  // namespace limen::validation::kinds
