// identity-lease: the Lease by which others see that this server is there (row M32, KEP-1965).
//
// kube-system/apiserver-HASH, of the host's name, held by this process and renewed every ten
// seconds; it counts for an hour, as kube-apiserver's does. Where several servers share the store,
// several may run on one host: there the name is made of the port too, and the lease tells where
// the server is reached (live_servers.h) until the server stops. Thread rule: as Controller.
#pragma once

#include <string>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/live_servers.h"
#include "controllers/objects.h"

namespace limen::controllers {

struct ServerIdentity {
  std::string host;
  bool among_others = false;  // the store is shared
  ServerAddress where = {};   // told if known, and if there are others
};

class IdentityLease final : public Controller {
 public:
  IdentityLease(Scope& scope, Objects& objects, ServerIdentity identity);

  std::string_view name() const override;
  void start() override;
  void look_at_all() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;
  // Tells no more where the server is: it stops. Once, while the scope's tasks still end.
  base::Task<void> withdraw();

 private:
  base::Task<void> renew_now_and_then();
  base::Task<bool> renew();
  void hold(object::Json& lease) const;
  void tell_address(boost::json::object& metadata) const;

  Scope& scope_;
  Objects& objects_;
  const ServerIdentity identity_;
  const std::string lease_;   // its name
  const std::string holder_;  // this process
  bool withdrawn_ = false;
  KeyQueue queue_;
  Informer namespaces_;
};

}  // namespace limen::controllers
