// CustomCatalog: the custom resources that are served at one moment.
//
// An immutable snapshot, swapped as a whole when a definition comes, changes or goes. Whoever looks
// an entry up holds what it belongs to, so a request goes on with the entry it began with. Built-in
// resources are found without looking here. Thread rule: any thread; publish_custom() by one.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/custom/definition.h"

namespace limen::catalog {

using DefinitionPtr = std::shared_ptr<const CustomDefinition>;
// What keeps an entry alive comes with it; built-in ones need nothing.
using ResourcePtr = std::shared_ptr<const Resource>;

class CustomCatalog {
 public:
  CustomCatalog() = default;
  // Serves the definitions that are established, in their versions that are served.
  explicit CustomCatalog(std::vector<DefinitionPtr> definitions);
  CustomCatalog(const CustomCatalog&) = delete;
  CustomCatalog& operator=(const CustomCatalog&) = delete;

  // Sorted by group, the preferred version of a group first. Views into this snapshot.
  std::span<const GroupVersion> group_versions() const { return group_versions_; }
  std::span<const GroupVersion> versions_of(std::string_view group) const;
  const GroupVersion* find_group_version(std::string_view group, std::string_view version) const;
  // Null when not served.
  ResourcePtr find(std::string_view group, std::string_view version,
                   std::string_view resource) const;
  // In any version.
  ResourcePtr find_any(std::string_view group, std::string_view resource) const;
  // The row of the storage version of everything served, each resource once.
  std::vector<ResourcePtr> stored_resources() const;
  const std::vector<DefinitionPtr>& definitions() const { return definitions_; }

 private:
  const DefinitionPtr* definition(std::string_view group, std::string_view plural) const;

  std::vector<DefinitionPtr> definitions_;  // served ones, sorted by group and plural
  std::vector<std::vector<Resource>> rows_;
  std::vector<GroupVersion> group_versions_;
};

// The snapshot of now; never null.
std::shared_ptr<const CustomCatalog> custom_catalog();
void publish_custom(std::shared_ptr<const CustomCatalog> catalog);

// A resource, built-in or custom; null when not served.
ResourcePtr lookup(std::string_view group, std::string_view version, std::string_view resource);
// In whatever version it is served.
ResourcePtr lookup_any(std::string_view group, std::string_view resource);

// As Kubernetes orders versions: v2 before v1 before v1beta1 before v1alpha1 before anything else.
bool version_before(std::string_view left, std::string_view right);

}  // namespace limen::catalog
