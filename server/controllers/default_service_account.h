// default-service-account: every active namespace has a ServiceAccount named "default".
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

class DefaultServiceAccount final : public Controller {
 public:
  DefaultServiceAccount(Scope& scope, Objects& objects);

  std::string_view name() const override;
  void look_at_all() override;
  void start() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  base::Task<bool> look(std::string ns);

  Objects& objects_;
  KeyQueue queue_;
  Informer namespaces_, accounts_;
};

}  // namespace limen::controllers
