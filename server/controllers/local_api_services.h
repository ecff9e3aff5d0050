// local-api-services: keeps an APIService for every group version this server serves itself.
//
// Those of built-in groups (label kube-aggregator.kubernetes.io/automanaged: onstart) are put right
// once, at the start; those of custom resources (the same label: "true") come and go with their
// definitions and are put right always. An APIService without the label is somebody else's and left
// alone; one of ours from which it was taken, too. The group of APIServices itself has none.
// Thread rule: as Controller.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

class LocalApiServices final : public Controller {
 public:
  LocalApiServices(Scope& scope, Objects& objects);

  std::string_view name() const override;
  void start() override;
  base::Task<void> bring_up() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  using GroupVersion = std::pair<std::string, std::string>;

  void definition_changed(const storage::StoredObject& object, bool gone);
  base::Task<bool> look(std::string name);
  base::Task<void> look_once(std::string name);
  base::Task<bool> make(std::string name, GroupVersion what, std::string_view managed);
  base::Task<bool> put_right(storage::ObjectPtr current, GroupVersion what);

  Objects& objects_;
  std::map<std::string, GroupVersion> built_in_;                // by the name of the APIService
  std::map<std::string, std::vector<std::string>> defined_;     // names by definition
  std::map<std::string, std::pair<GroupVersion, int>> custom_;  // by name, with how many define it
  std::set<std::string> at_start_;  // APIServices that were there when this began
  std::set<std::string> done_;      // what is put right once has been
  KeyQueue queue_;
  Informer definitions_, services_;
};

}  // namespace limen::controllers
