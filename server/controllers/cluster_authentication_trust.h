// cluster-authentication-trust: API servers that extend this one find out whom it believes.
//
// Keeps the ConfigMap kube-system/extension-apiserver-authentication, as kube-apiserver does; see
// authentication_trust.h for what stands in it. Thread rule: as Controller.
#pragma once

#include <string>
#include <string_view>

#include "controllers/authentication_trust.h"
#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

class ClusterAuthenticationTrust final : public Controller {
 public:
  ClusterAuthenticationTrust(Scope& scope, Objects& objects);

  // What is to be told from now on; nothing at first.
  void change(AuthenticationTrust trust);

  std::string_view name() const override;
  void start() override;
  void look_at_all() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  void look_soon();
  base::Task<bool> look();
  base::Task<void> look_now_and_then();
  bool correct(object::Json& config_map) const;

  Scope& scope_;
  Objects& objects_;
  KeyQueue queue_;
  AuthenticationTrust trust_;
  Informer namespaces_, config_maps_;
};

}  // namespace limen::controllers
