#include "registry/conversion.h"

#include <string_view>

#include "catalog/custom/definition.h"
#include "object/metadata.h"
#include "registry/conversion/shapes.h"
#include "validation/custom/objects.h"

namespace limen::registry {

namespace {

using Convert = void (*)(object::Json&);

struct Row {
  std::string_view group, version, resource;  // as served
  Convert to_stored, to_served;
};

constexpr Row kRows[] = {
    {"events.k8s.io", "v1", "events", event_to_core, event_from_core},
    {"autoscaling", "v1", "horizontalpodautoscalers", autoscaler_v1_to_v2, autoscaler_v2_to_v1},
    {"resource.k8s.io", "v1beta1", "resourceclaims", resource_claim_from_v1beta1,
     resource_claim_to_v1beta1},
    {"resource.k8s.io", "v1beta1", "resourceclaimtemplates", resource_claim_template_from_v1beta1,
     resource_claim_template_to_v1beta1},
    {"resource.k8s.io", "v1beta1", "resourceslices", resource_slice_from_v1beta1,
     resource_slice_to_v1beta1},
};

const Row* find_row(const catalog::Resource& resource) {
  for (const Row& row : kRows) {
    if (row.resource == resource.name && row.version == resource.version &&
        row.group == resource.group) {
      return &row;
    }
  }
  return nullptr;
}

bool stored_as_served(const catalog::Resource& resource) {
  return resource.version == resource.storage_version && resource.group == resource.storage_group;
}

// The schemas of today say what of the object is shown: what is missing is filled in by the version
// it is stored in; what either version does not know is left out.
void custom_to_served(const catalog::CustomKind& kind, object::Json& object) {
  const object::GroupVersionParts parts = object::split_api_version(object::api_version(object));
  const catalog::CustomKind* stored = kind.definition->kind_of(parts.version);
  validation::adopt_custom(object, stored ? *stored : kind);
  if (stored != &kind) validation::prune_custom(object, kind);
  object::set_type(object, object::group_version(kind.resource.group, kind.resource.version),
                   kind.resource.kind);
}

}  // namespace

Difference difference(const catalog::Resource& resource) {
  if (resource.custom) {
    return resource.custom->changes_on_read() ? Difference::shape : Difference::none;
  }
  if (stored_as_served(resource)) return Difference::none;
  return find_row(resource) ? Difference::shape : Difference::type;
}

const catalog::Resource& storage_resource(const catalog::Resource& resource) {
  if (resource.custom) {
    // A webhook's objects are worked on in the version that is spoken; they become the stored one
    // on their way into the store.
    return resource.custom->converts() ? resource : resource.custom->storage->resource;
  }
  if (stored_as_served(resource)) return resource;
  const catalog::Resource* stored =
      catalog::find_resource(resource.storage_group, resource.storage_version, resource.name);
  return stored ? *stored : resource;
}

void to_served(const catalog::Resource& resource, object::Json& object) {
  if (resource.custom) {
    custom_to_served(*resource.custom, object);
    return;
  }
  if (stored_as_served(resource)) return;
  if (const Row* row = find_row(resource)) row->to_served(object);
  object::set_type(object, object::group_version(resource.group, resource.version), resource.kind);
}

void to_stored(const catalog::Resource& resource, object::Json& object) {
  if (stored_as_served(resource) || (resource.custom && resource.custom->converts())) return;
  if (const Row* row = find_row(resource)) row->to_stored(object);
  object::set_type(object, object::group_version(resource.storage_group, resource.storage_version),
                   resource.kind);
}

}  // namespace limen::registry
