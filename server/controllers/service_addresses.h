// service-addresses: the objects that tell which addresses services have and may have (row M30).
//
// An IPAddress for each cluster address of a service, named like the address and pointing to the
// service, and the ServiceCIDR `kubernetes` for the range this server gives addresses from. They
// follow what the server's own allocator decided; writing one does not take an address.
// Thread rule: as Controller.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

class ServiceAddresses final : public Controller {
 public:
  // `range` is the range of service addresses in CIDR form.
  ServiceAddresses(Scope& scope, Objects& objects, std::string range);

  std::string_view name() const override;
  void start() override;
  void look_at_all() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  using Addresses = std::set<std::string>;

  void told_service(const storage::StoredObject& service, bool gone);
  void told_address(const storage::StoredObject& address);
  base::Task<bool> look(std::string key);
  base::Task<bool> look_at_range();
  base::Task<bool> make_address(std::string address, std::string service);

  Objects& objects_;
  const std::string range_;
  KeyQueue queue_;  // addresses, and kRangeName
  Informer services_, addresses_, ranges_;
  std::map<std::string, Addresses> held_;       // by the service's namespace/name
  std::map<std::string, std::string> holders_;  // the service, by address
};

}  // namespace limen::controllers
