#include "api/allocation.h"

namespace limen::api {

namespace {

using registry::ServiceAllocator;

}  // namespace

bool claims_numbers(const Call& call) {
  return call.options.services != nullptr && call.resource.storage_group.empty() &&
         call.resource.name == "services";
}

base::Task<ServiceAllocator::Claim> claim_for_new(const Call& call, object::Json& object,
                                                  bool dry_run) {
  return call.options.services->create(call.context.scope.loop, object, dry_run);
}

base::Task<ServiceAllocator::Claim> claim_for_changed(const Call& call, registry::Part part,
                                                      object::Json& object, const object::Json& old,
                                                      bool dry_run) {
  if (part != registry::Part::whole) co_return ServiceAllocator::Claim();
  co_return co_await call.options.services->update(call.context.scope.loop, object, old, dry_run);
}

base::Task<void> give_back(const Call& call, const storage::StoredObject& object) {
  return call.options.services->release(call.context.scope.loop, object);
}

void settle_claim(ServiceAllocator::Claim& claim, storage::WriteStatus status) {
  if (status == storage::WriteStatus::ok) return claim.keep();
  if (status == storage::WriteStatus::unknown) claim.leave_open();
}

}  // namespace limen::api
