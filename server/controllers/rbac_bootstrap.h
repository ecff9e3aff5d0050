// rbac-bootstrap: the default roles and bindings are there and grant what they should.
//
// Runs once at each start, as kube-apiserver's rbac/bootstrap-roles; see policy.h for what it
// changes and what it leaves alone. Thread rule: as Controller.
#pragma once

#include <string_view>
#include <vector>

#include "controllers/controller.h"
#include "controllers/objects.h"
#include "controllers/policy.h"
#include "controllers/scope.h"

namespace limen::controllers {

class RbacBootstrap final : public Controller {
 public:
  explicit RbacBootstrap(Objects& objects) : objects_(objects) {}

  std::string_view name() const override;
  base::Task<void> bring_up() override;

 private:
  base::Task<void> ensure(const PolicyObject& wanted);

  Objects& objects_;
};

}  // namespace limen::controllers
