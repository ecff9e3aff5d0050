// custom-resources: brings definitions of custom resources to life and ends them with their
// objects.
//
// It compiles every CustomResourceDefinition into catalog entries and publishes the set of them, at
// once when it is made (what is stored serves from the start) and then with every change. It
// accepts names that nobody else in the group has, says so in the definition's conditions, and when
// a definition is deleted it deletes its objects first. Where several servers share the store all
// of them serve what is defined, and the one that leads writes. Thread rule: as Controller.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "catalog/custom/custom_catalog.h"
#include "controllers/controller.h"
#include "controllers/custom_names.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/lead.h"
#include "controllers/objects.h"

namespace limen::controllers {

class CustomResources final : public Controller {
 public:
  // `lead` outlives it.
  CustomResources(Scope& scope, Objects& objects, const Lead& lead);
  // Nothing custom is served any more.
  ~CustomResources() override;

  std::string_view name() const override;
  void start() override { informer_.start(); }
  bool idle() const override { return queue_.idle(); }
  void take_over() override;
  void stop() override { informer_.stop(); }

 private:
  struct Known {
    storage::Revision revision = 0;
    catalog::DefinitionPtr definition;
    NamesInUse accepted;
  };
  static Known known_as(const storage::ObjectPtr& stored);

  void changed(const storage::StoredObject& object, bool gone);
  // Puts another compiled form in place, or none.
  void serve(const std::string& name, Known now);
  void publish() const;

  base::Task<bool> look(std::string name);
  base::Task<bool> accept(storage::ObjectPtr current);
  base::Task<bool> finish(storage::ObjectPtr current);
  base::Task<void> sweep(std::string name);
  base::Task<void> delete_all(const catalog::Resource& resource);
  // Which of its names the definition may have now.
  AcceptedNames names_for(const object::Json& definition) const;
  // Its conditions and names as they should be.
  void judge(object::Json& definition) const;

  Scope& scope_;
  Objects& objects_;
  const Lead& lead_;
  std::map<std::string, Known> known_;
  KeyQueue queue_;
  Informer informer_;
};

}  // namespace limen::controllers
