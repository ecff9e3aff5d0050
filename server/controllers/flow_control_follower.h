// Tells the server's fairness of the FlowSchemas and PriorityLevelConfigurations that are stored,
// tells each schema whether its level is there (condition Dangling), and has seats lent from level
// to level every ten seconds.
//
// Not to be switched off. Thread rule: as Controller.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/lead.h"
#include "controllers/objects.h"
#include "controllers/scope.h"
#include "fairness/fairness.h"

namespace limen::controllers {

class FlowControlFollower final : public Controller {
 public:
  // `fairness` outlives it, and so does `lead`: only who leads writes conditions.
  FlowControlFollower(Scope& scope, Objects& objects, fairness::Fairness& fairness,
                      const Lead& lead);

  std::string_view name() const override { return "flow-control-follower"; }
  void start() override;
  void look_at_all() override { queue_.add("all"); }
  void take_over() override { queue_.add("all"); }
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  base::Task<bool> look();
  base::Task<void> tell(storage::ObjectPtr schema, bool dangling);
  base::Task<void> adjust_from_time_to_time();

  Scope& scope_;
  Objects& objects_;
  fairness::Fairness& fairness_;
  const Lead& lead_;
  KeyQueue queue_;
  Informer levels_, schemas_;
};

// Sets the condition Dangling of a FlowSchema. False: it says so already.
bool set_dangling(object::Json& schema, bool dangling);

}  // namespace limen::controllers
