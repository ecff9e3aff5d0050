// Removes the identity leases (identity_lease.h) of servers that have not been there for as long as
// their lease counts: an hour, of kube-apiserver as well.
//
// Thread rule: as Controller.
#pragma once

#include <string>
#include <string_view>

#include "controllers/controller.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

class IdentityCleaner final : public Controller {
 public:
  IdentityCleaner(Scope& scope, Objects& objects);

  // It is a part of that one, and switched off with it.
  std::string_view name() const override;
  void look_at_all() override;
  bool idle() const override { return queue_.idle(); }

 private:
  base::Task<void> look_now_and_then();
  base::Task<bool> look(std::string lease);

  Scope& scope_;
  Objects& objects_;
  KeyQueue queue_;
};

}  // namespace limen::controllers
