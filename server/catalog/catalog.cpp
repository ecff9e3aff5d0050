#include "catalog/catalog.h"

#include <algorithm>

#include "catalog/unlisted.h"
#include "generated.h"

namespace limen::catalog {
namespace {

// The entry called `name` in a span sorted by name, or null.
template <class Entry>
const Entry* find_by_name(std::span<const Entry> entries, std::string_view name) {
  const auto found = std::lower_bound(
      entries.begin(), entries.end(), name,
      [](const Entry& entry, std::string_view wanted) { return entry.name < wanted; });
  return found != entries.end() && found->name == name ? &*found : nullptr;
}

}  // namespace

const Field* Type::field(std::string_view json_name) const {
  return find_by_name(fields, json_name);
}

const Subresource* Resource::subresource(std::string_view sub) const {
  return find_by_name(subresources, sub);
}

std::span<const GroupVersion> group_versions() { return generated::kGroupVersions; }

std::span<const Type> types() { return generated::kTypes; }

std::span<const GroupVersion> versions_of(std::string_view group) {
  const auto all = group_versions();
  const auto has = [group](const GroupVersion& entry) { return entry.group == group; };
  const auto first = std::find_if(all.begin(), all.end(), has);
  return {first, std::find_if_not(first, all.end(), has)};
}

bool has_group(std::string_view group) { return !versions_of(group).empty(); }

const GroupVersion* find_group_version(std::string_view group, std::string_view version) {
  for (const GroupVersion& entry : group_versions()) {
    if (entry.version == version && entry.group == group) return &entry;
  }
  return nullptr;
}

const Resource* find_resource(std::string_view group, std::string_view version,
                              std::string_view resource) {
  const GroupVersion* entry = find_group_version(group, version);
  return entry == nullptr ? find_unlisted(group, version, resource)
                          : find_by_name(entry->resources, resource);
}

const Resource* find_kind(std::string_view group, std::string_view version, std::string_view kind) {
  const GroupVersion* entry = find_group_version(group, version);
  if (entry == nullptr) return nullptr;
  for (const Resource& resource : entry->resources) {
    if (resource.kind == kind) return &resource;
  }
  return nullptr;
}

const Resource* find_preferred(std::string_view group, std::string_view resource) {
  for (const GroupVersion& entry : versions_of(group)) {
    const Resource* found = find_by_name(entry.resources, resource);
    if (found != nullptr) return found;
  }
  return nullptr;
}

const Type* find_type(std::string_view name) { return find_by_name(types(), name); }

std::string_view verb_name(Verb verb) {
  switch (verb) {
    case kVerbGet:
      return "get";
    case kVerbList:
      return "list";
    case kVerbWatch:
      return "watch";
    case kVerbCreate:
      return "create";
    case kVerbUpdate:
      return "update";
    case kVerbPatch:
      return "patch";
    case kVerbDelete:
      return "delete";
    case kVerbDeleteCollection:
      return "deletecollection";
  }
  return "";
}

}  // namespace limen::catalog
