#include "controllers/default_service_account.h"

#include <utility>

#include "controllers/active_namespace.h"
#include "controllers/names.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

using object::Json;

const storage::ResourceId kNamespaceResource{"", "namespaces"};
const storage::ResourceId kAccountResource{"", "serviceaccounts"};
constexpr std::string_view kAccount = "default";

}  // namespace

DefaultServiceAccount::DefaultServiceAccount(Scope& scope, Objects& objects)
    : objects_(objects),
      queue_(scope, kDefaultServiceAccount,
             [this](std::string key) { return look(std::move(key)); }),
      namespaces_(objects.store(), objects.loop(), kNamespaceResource,
                  [this](const storage::StoredObject& object, bool gone) {
                    if (!gone) queue_.add(object.name);
                  }),
      accounts_(objects.store(), objects.loop(), kAccountResource,
                [this](const storage::StoredObject& object, bool gone) {
                  if (gone && object.name == kAccount) queue_.add(object.ns);
                }) {}

std::string_view DefaultServiceAccount::name() const { return kDefaultServiceAccount; }

void DefaultServiceAccount::start() {
  namespaces_.start();
  accounts_.start();
}

void DefaultServiceAccount::stop() {
  namespaces_.stop();
  accounts_.stop();
}

void DefaultServiceAccount::look_at_all() {
  const storage::ListResult list = objects_.store().list(kNamespaceResource, {});
  for (const storage::ObjectPtr& ns : list.objects) queue_.add(ns->name);
}

base::Task<bool> DefaultServiceAccount::look(std::string ns) {
  storage::Key key{kAccountResource, ns, std::string(kAccount)};
  if (objects_.store().get(key)) co_return true;
  if (!is_active_namespace(objects_.store(), ns)) co_return true;
  Json made = boost::json::object();
  object::set_type(made, "v1", "ServiceAccount");
  object::set_metadata(made, "name", kAccount);
  object::set_metadata(made, "namespace", ns);
  co_await objects_.create(std::move(key), std::move(made));
  co_return true;
}

}  // namespace limen::controllers
