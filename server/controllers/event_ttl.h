// event-ttl: events go a while after they were last written (row M31).
//
// kube-apiserver leaves this to its store; here it is housekeeping. How old an event is that was
// there before the server is told by the times it bears. Thread rule: as Controller.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

class EventTtl final : public Controller {
 public:
  EventTtl(Scope& scope, Objects& objects, std::chrono::nanoseconds ttl);

  std::string_view name() const override;
  void start() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  using Due = base::Deadline;

  void told(const storage::StoredObject& object, bool gone);
  void forget(const std::string& key);
  void set_due(const std::string& key, Due due);
  void arm();
  void take_due();
  base::Task<bool> look(std::string key);

  Objects& objects_;
  const std::chrono::nanoseconds ttl_;
  KeyQueue queue_;
  Informer events_;
  bool starting_ = false;                        // being told of what was there before
  std::map<std::string, Due> dues_;              // by namespace/name
  std::set<std::pair<Due, std::string>> order_;  // the same, the first due first
  base::Executor::TimerId timer_ = 0;
  Due armed_for_{};
};

}  // namespace limen::controllers
