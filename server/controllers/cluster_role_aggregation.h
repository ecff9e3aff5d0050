// clusterrole-aggregation: ClusterRoles with an aggregationRule have the rules of those it selects.
//
// Thread rule: as Controller.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

class ClusterRoleAggregation final : public Controller {
 public:
  ClusterRoleAggregation(Scope& scope, Objects& objects);

  std::string_view name() const override;
  void look_at_all() override;
  void start() override { informer_.start(); }
  bool idle() const override { return queue_.idle(); }
  void stop() override { informer_.stop(); }

 private:
  void changed(const storage::StoredObject& role, bool gone);
  base::Task<bool> look(std::string name);
  // The rules of all roles the selectors choose, each once, in the order of the roles' names.
  boost::json::array collect(std::string_view self, const object::Json& aggregation) const;

  Objects& objects_;
  std::set<std::string> collecting_;  // names of the roles with an aggregationRule
  KeyQueue queue_;
  Informer informer_;
};

}  // namespace limen::controllers
