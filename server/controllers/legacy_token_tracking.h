// legacy-token-tracking: since when the use of service accounts' old tokens is noted.
//
// Keeps the ConfigMap kube-system/kube-apiserver-legacy-service-account-token-tracking, as
// kube-apiserver does: kube-controller-manager deletes tokens that have not been used since that
// day, and for a year. Thread rule: as Controller.
#pragma once

#include <string>
#include <string_view>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

class LegacyTokenTracking final : public Controller {
 public:
  LegacyTokenTracking(Scope& scope, Objects& objects);

  std::string_view name() const override;
  void start() override;
  void look_at_all() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  base::Task<bool> look();

  Objects& objects_;
  KeyQueue queue_;
  Informer namespaces_, config_maps_;
};

}  // namespace limen::controllers
