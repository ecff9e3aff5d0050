#include "controllers/owner_references.h"

#include <algorithm>

#include "object/metadata.h"

namespace limen::controllers {

namespace {

using object::Json;

OwnerReference to_reference(const Json& value) {
  const Json* const blocks = object::member(value, "blockOwnerDeletion");
  return {std::string(object::text_at(value, "apiVersion")),
          std::string(object::text_at(value, "kind")), std::string(object::text_at(value, "name")),
          std::string(object::text_at(value, "uid")),
          blocks != nullptr && blocks->is_bool() && blocks->get_bool()};
}

// The list in the object, or null.
boost::json::array* reference_list(Json& object) {
  Json* const metadata = object::member(object, "metadata");
  Json* const list = metadata ? object::member(*metadata, "ownerReferences") : nullptr;
  return list && list->is_array() ? &list->get_array() : nullptr;
}

}  // namespace

std::vector<OwnerReference> owner_references(const Json& object) {
  std::vector<OwnerReference> references;
  const Json* const list = object::find(object, {"metadata", "ownerReferences"});
  if (!list || !list->is_array()) return references;
  for (const Json& one : list->get_array()) references.push_back(to_reference(one));
  return references;
}

std::vector<OwnerGraph::Owner> owners_of(const Json& object) {
  std::vector<OwnerGraph::Owner> owners;
  for (const OwnerReference& reference : owner_references(object)) {
    const Uid uid = to_uid(reference.uid);
    const auto same = std::find_if(owners.begin(), owners.end(),
                                   [&](const auto& owner) { return owner.uid == uid; });
    if (same == owners.end()) {
      owners.push_back({uid, reference.blocks});
    } else {
      same->blocks = same->blocks || reference.blocks;
    }
  }
  return owners;
}

bool drop_owners(Json& object, const std::function<bool(const OwnerReference&)>& unwanted) {
  boost::json::array* const list = reference_list(object);
  if (!list) return false;
  const auto end = std::remove_if(list->begin(), list->end(),
                                  [&](const Json& one) { return unwanted(to_reference(one)); });
  if (end == list->end()) return false;
  list->erase(end, list->end());
  if (list->empty()) object::metadata(object).erase("ownerReferences");
  return true;
}

bool unblock_owners(Json& object) {
  boost::json::array* const list = reference_list(object);
  if (!list) return false;
  bool changed = false;
  for (Json& one : *list) {
    if (!one.is_object() || !to_reference(one).blocks) continue;
    one.get_object()["blockOwnerDeletion"] = false;
    changed = true;
  }
  return changed;
}

bool has_finalizer(const Json& object, std::string_view name) {
  const std::vector<std::string> present = object::finalizers(object);
  return std::find(present.begin(), present.end(), name) != present.end();
}

void drop_finalizer(Json& object, std::string_view name) {
  std::vector<std::string> present = object::finalizers(object);
  std::erase(present, name);
  object::set_finalizers(object, present);
}

bool waits_for_dependents(const Json& object) {
  return !object::deletion_timestamp(object).empty() && has_finalizer(object, kForegroundFinalizer);
}

}  // namespace limen::controllers
