// flow-control: the mandatory and the suggested FlowSchemas and PriorityLevelConfigurations are
// there and say what they should (row R6).
//
// Kept as kube-apiserver keeps them: one that is missing is made; the spec of a mandatory one is
// put right, that of a suggested one when its annotation apf.kubernetes.io/autoupdate-spec is true
// (or says nothing and nobody has changed it). One that has the annotation "true" and is neither
// was suggested by another version, and is removed. Thread rule: as Controller.
#pragma once

#include <string>
#include <string_view>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"
#include "controllers/scope.h"

namespace limen::controllers {

class FlowControlObjects final : public Controller {
 public:
  FlowControlObjects(Scope& scope, Objects& objects);

  std::string_view name() const override;
  void start() override;
  base::Task<void> bring_up() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  base::Task<bool> look(std::string key);
  base::Task<void> ensure(storage::Key key);

  Objects& objects_;
  KeyQueue queue_;
  Informer levels_, schemas_;
};

// What `stored` must become for the server's `wanted` of the same name. False: it may stay as it
// is.
bool reconcile_flow_control(object::Json& stored, const object::Json& wanted);

}  // namespace limen::controllers
