#include "api/allocation.h"

namespace limen::api {

namespace {

using registry::ServiceAllocator;

// Null: this resource has nothing to claim.
ServiceAllocator* allocator_of(const Call& call) {
  const bool services = call.resource.storage_group.empty() && call.resource.name == "services";
  return services ? call.options.services : nullptr;
}

}  // namespace

ServiceAllocator::Claim claim_for_new(const Call& call, object::Json& object, bool dry_run) {
  ServiceAllocator* const allocator = allocator_of(call);
  return allocator ? allocator->create(object, dry_run) : ServiceAllocator::Claim();
}

ServiceAllocator::Claim claim_for_changed(const Call& call, registry::Part part,
                                          object::Json& object, const object::Json& old,
                                          bool dry_run) {
  ServiceAllocator* const allocator = allocator_of(call);
  const bool whole = part == registry::Part::whole;
  return allocator && whole ? allocator->update(object, old, dry_run) : ServiceAllocator::Claim();
}

void give_back(const Call& call, const storage::StoredObject& object) {
  if (ServiceAllocator* const allocator = allocator_of(call)) allocator->release(object);
}

}  // namespace limen::api
