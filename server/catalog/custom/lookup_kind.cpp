#include "catalog/custom/lookup_kind.h"

namespace limen::catalog {

ResourcePtr lookup_kind(std::string_view group, std::string_view version, std::string_view kind) {
  if (const Resource* built_in = find_kind(group, version, kind)) {
    return {std::shared_ptr<const void>(), built_in};
  }
  const std::shared_ptr<const CustomCatalog> custom = custom_catalog();
  const GroupVersion* entry = custom->find_group_version(group, version);
  if (!entry) return nullptr;
  for (const Resource& row : entry->resources) {
    if (row.kind == kind) return custom->find(group, version, row.name);
  }
  return nullptr;
}

}  // namespace limen::catalog
