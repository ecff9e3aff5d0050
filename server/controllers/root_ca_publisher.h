// root-ca-publisher: every active namespace has a ConfigMap kube-root-ca.crt, in which what runs
// there finds the authority to trust the API server by (KEP-2907).
//
// Thread rule: as Controller.
#pragma once

#include <string>
#include <string_view>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

class RootCaPublisher final : public Controller {
 public:
  RootCaPublisher(Scope& scope, Objects& objects);

  // The bundle (PEM) to publish from now on. Empty, as at first: ConfigMaps are left as they are.
  void change(std::string bundle);

  std::string_view name() const override;
  void start() override;
  void look_at_all() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  base::Task<bool> look(std::string ns);
  bool correct(object::Json& config_map) const;

  Objects& objects_;
  KeyQueue queue_;
  std::string bundle_;
  Informer namespaces_, config_maps_;
};

}  // namespace limen::controllers
