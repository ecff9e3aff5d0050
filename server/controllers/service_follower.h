// Keeps the allocator of service addresses and ports up to date with services that are written or
// removed without the API: by other controllers, or by another server over the same store.
//
// Not to be switched off. Thread rule: as Controller.
#pragma once

#include <string_view>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/objects.h"
#include "registry/service_allocator.h"

namespace limen::controllers {

class ServiceFollower final : public Controller {
 public:
  // `allocator` outlives it.
  ServiceFollower(Objects& objects, registry::ServiceAllocator& allocator);

  std::string_view name() const override { return "service-follower"; }
  void start() override { services_.start(); }
  void stop() override { services_.stop(); }

 private:
  Informer services_;
};

}  // namespace limen::controllers
