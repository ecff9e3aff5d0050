// namespaces: makes the namespaces every cluster has, and ends those that are being deleted.
//
// A namespace that is being deleted is emptied; then the finalizer `kubernetes` is taken from it,
// and with the last finalizer it goes. What keeps it is told in its conditions, as kube-controller-
// manager tells it. Thread rule: as Controller.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/namespace_content.h"
#include "controllers/objects.h"

namespace limen::controllers {

class Namespaces final : public Controller {
 public:
  // `servers` outlives it; null: what API servers behind this one hold is not known. `write_time`:
  // how long another server may still write into a namespace whose end it has not heard of; 0:
  // there is none.
  Namespaces(Scope& scope, Objects& objects, const aggregation::RemoteServers* servers,
             std::chrono::milliseconds write_time);

  std::string_view name() const override;
  base::Task<void> bring_up() override;
  void start() override { informer_.start(); }
  bool idle() const override { return queue_.idle(); }
  void stop() override { informer_.stop(); }

 private:
  base::Task<bool> look(std::string name);
  // Whether every server knows by now that it ends, so that what is empty stays so.
  bool is_known_to_end(const storage::StoredObject& ns);
  base::Task<void> create(std::string name);
  base::Task<bool> finalize(const storage::StoredObject& current, object::Json changed);
  base::Task<void> tell(const storage::StoredObject& current, object::Json changed,
                        const Remains& remains);

  Objects& objects_;
  const aggregation::RemoteServers* const servers_;
  const std::chrono::milliseconds write_time_;
  struct End {
    std::string uid;
    base::Deadline seen{};
  };
  std::map<std::string, End> ends_;  // by name; only where there are other servers
  KeyQueue queue_;
  Informer informer_;
};

// The conditions of a namespace that is being emptied, put into its status; false when they said
// that already. Free for tests.
bool set_deletion_conditions(object::Json& ns, const Remains& remains);

}  // namespace limen::controllers
