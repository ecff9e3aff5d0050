// identity-lease: the Lease by which others see that this server is there (row M32, KEP-1965).
//
// kube-system/apiserver-HASH, of the host's name, held by this process and renewed every ten
// seconds; it counts for an hour, as kube-apiserver's does. Thread rule: as Controller.
#pragma once

#include <string>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

class IdentityLease final : public Controller {
 public:
  IdentityLease(Scope& scope, Objects& objects, std::string host);

  std::string_view name() const override;
  void start() override;
  void look_at_all() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  base::Task<void> renew_now_and_then();
  base::Task<bool> renew();
  void hold(object::Json& lease) const;

  Scope& scope_;
  Objects& objects_;
  const std::string host_;
  const std::string lease_;   // its name
  const std::string holder_;  // this process
  KeyQueue queue_;
  Informer namespaces_;
};

}  // namespace limen::controllers
