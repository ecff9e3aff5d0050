#include "controllers/service_follower.h"

namespace limen::controllers {

namespace {

const storage::ResourceId kServices{"", "services"};

// What is told late may have gone meanwhile.
bool is_there(const storage::Store& store, const storage::StoredObject& service) {
  const storage::ObjectPtr now = store.get({kServices, service.ns, service.name});
  return now && now->uid == service.uid;
}

}  // namespace

ServiceFollower::ServiceFollower(Objects& objects, registry::ServiceAllocator& allocator)
    : services_(objects.store(), objects.loop(), kServices,
                [&objects, &allocator](const storage::StoredObject& service, bool gone) {
                  if (gone) {
                    allocator.release(service);
                  } else if (is_there(objects.store(), service)) {
                    allocator.follow(service);
                  }
                }) {}

}  // namespace limen::controllers
