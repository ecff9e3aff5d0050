// storage-protection: lets go of claims, volumes and attribute classes that nobody uses any more.
//
// They are made with a finalizer (module storage-object-in-use-protection) that keeps a deleted one
// for as long as it is in use. Here it is taken away, and with the last finalizer the object goes:
// - a PersistentVolumeClaim is in use while a pod names it that has not come to its end, scheduled
//   or not;
// - a PersistentVolume while its phase is Bound;
// - a VolumeAttributesClass while a claim or a volume names it.
// As kube-controller-manager's pvc-, pv- and vac-protection, but that this one counts pods that no
// node was found for, too. Thread rule: as Controller.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

class StorageProtection final : public Controller {
 public:
  StorageProtection(Scope& scope, Objects& objects);

  std::string_view name() const override;
  void start() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  Informer follow(storage::ResourceId id);
  void told(const std::string& resource, const storage::StoredObject& object, bool gone);
  base::Task<bool> look(std::string key);
  std::string find_user(const std::string& key, std::string_view resource,
                        const storage::StoredObject& object, const object::Json& json) const;
  void remember(const std::string& key, const std::string& user);
  void forget(const std::string& key);

  Objects& objects_;
  KeyQueue queue_;
  // Keys are RESOURCE/NAMESPACE/NAME. One of those who use what is deleted, and the other way
  // round: when that one goes or is written, what waits for it is looked at again.
  std::map<std::string, std::string> users_;
  std::map<std::string, std::set<std::string>> waiting_;
  Informer pods_, claims_, volumes_, classes_;
};

// Whether the pod keeps the claim, both of one namespace. Free for tests.
bool uses_claim(const object::Json& pod, const object::Json& claim);

}  // namespace limen::controllers
