// metadata.ownerReferences, and the finalizers by which an object waits for its dependents.
//
// Thread rule: free functions, any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/owner_graph.h"
#include "object/document.h"

namespace limen::controllers {

inline constexpr std::string_view kForegroundFinalizer = "foregroundDeletion";
inline constexpr std::string_view kOrphanFinalizer = "orphan";

struct OwnerReference {
  std::string api_version, kind, name, uid;
  bool blocks = false;  // blockOwnerDeletion
};

std::vector<OwnerReference> owner_references(const object::Json& object);
// The same as the graph has them, each owner once.
std::vector<OwnerGraph::Owner> owners_of(const object::Json& object);
// Takes away the references that `unwanted` names. False when there were none.
bool drop_owners(object::Json& object, const std::function<bool(const OwnerReference&)>& unwanted);
// Makes all references such that no owner waits for the object. False when none does.
bool unblock_owners(object::Json& object);

bool has_finalizer(const object::Json& object, std::string_view name);
void drop_finalizer(object::Json& object, std::string_view name);
// It is being deleted and stays until its dependents have gone.
bool waits_for_dependents(const object::Json& object);

}  // namespace limen::controllers
