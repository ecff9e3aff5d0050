// garbage-collector: objects go when the owners they name have gone, and owners wait for them or
// let them go, by how they are deleted (row M23).
//
// An owner is looked up by its reference's kind and name and must have its uid; a namespaced one is
// in the dependent's namespace. What has no owner left is deleted in the background. An owner with
// the finalizer foregroundDeletion goes once nothing blocks it; one with the finalizer orphan once
// its dependents no longer name it. Before it acts the collector takes every change up to that
// moment, so it never judges by a state that is past. Thread rule: as Controller.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "controllers/controller.h"
#include "controllers/everything.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"
#include "controllers/owner_graph.h"
#include "controllers/owner_references.h"

namespace limen::controllers {

class GarbageCollector final : public Controller {
 public:
  GarbageCollector(Scope& scope, Objects& objects);

  std::string_view name() const override;
  void start() override;
  void stop() override { everything_.stop(); }

 private:
  // An object that is looked at, as it is now.
  struct Item {
    std::uint32_t number;
    catalog::ResourcePtr resource;
    storage::ObjectPtr object;
    object::Document document;
    const object::Json& root() const { return document.root(); }
    storage::Key key() const;
  };
  using ItemPtr = std::shared_ptr<const Item>;
  // What has become of an item's owners.
  struct Owners {
    std::unordered_set<std::string> solid, gone, waiting;  // uids
    bool unknown = false;  // one of them cannot be looked up: nothing is done
  };

  // What happens to the graph; whom it concerns is remembered and looked at by flush().
  void changed(std::uint32_t number, const storage::ObjectPtr& object, bool gone);
  void gone(const storage::ObjectPtr& object, std::vector<Uid>& unblocked);
  void forget();
  void flush();
  void remember_dependents(const Uid& owner);

  // True when all is as it should be.
  base::Task<bool> look(std::string key);
  base::Task<bool> judge(ItemPtr item);
  base::Task<bool> collect(ItemPtr item, bool owners_wait);
  base::Task<bool> finish_foreground(ItemPtr item);
  base::Task<bool> orphan_dependents(ItemPtr item);
  base::Task<void> let_go(std::uint32_t number, storage::ObjectPtr dependent, std::string owner);
  base::Task<bool> remove_finalizer(ItemPtr item, std::string_view finalizer);
  base::Task<bool> update(ItemPtr item, object::Json changed);

  ItemPtr newest(std::uint32_t number, const std::string& ns, const std::string& name) const;
  base::Task<Owners> find_owners(ItemPtr item);
  bool is_elsewhere(const storage::ResourceId& id, const std::string& uid);
  bool in_a_circle(const Item& item) const;
  base::Task<void> tell_invalid(ItemPtr item, OwnerReference reference);

  Objects& objects_;
  KeyQueue queue_;
  OwnerGraph graph_;
  std::set<std::string> concerned_;   // keys to be looked at once the changes have been told
  std::set<std::string> unresolved_;  // keys of objects that name a kind which is not served
  // Owners in foreground deletion: the keys they are looked at by.
  std::unordered_map<Uid, std::string, UidHash> waiting_;
  // Owners that are known to be nowhere.
  std::unordered_set<Uid, UidHash> absent_;
  Everything everything_;
};

}  // namespace limen::controllers
