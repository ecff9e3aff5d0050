// service-addresses: the objects that tell which addresses services have and may have (row M30).
//
// An IPAddress for each cluster address of a service, named like the address and pointing to the
// service, and the ServiceCIDR `kubernetes` for the range this server gives addresses from. They
// follow what the server's own allocator decided; writing one does not take an address, unless
// several servers share the store, who claim addresses by these objects.
// Thread rule: as Controller.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"
#include "controllers/service_claims.h"

namespace limen::controllers {

class ServiceAddresses final : public Controller {
 public:
  // `range` is the range of service addresses in CIDR form; `patience` as of ServiceClaims.
  ServiceAddresses(Scope& scope, Objects& objects, std::string range,
                   std::chrono::milliseconds patience);

  std::string_view name() const override;
  void start() override;
  void look_at_all() override;
  bool idle() const override { return queue_.idle() && claims_.idle(); }
  void stop() override;

 private:
  base::Task<bool> look_at_range();

  Objects& objects_;
  const std::string range_;
  KeyQueue queue_;  // the range
  Informer ranges_;
  ServiceClaims claims_;
};

}  // namespace limen::controllers
