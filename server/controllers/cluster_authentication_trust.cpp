#include "controllers/cluster_authentication_trust.h"

#include <stdexcept>
#include <utility>

#include "controllers/active_namespace.h"
#include "controllers/kept_config_map.h"
#include "controllers/names.h"
#include "object/metadata.h"
#include "observability/log.h"

namespace limen::controllers {

namespace {

// Certificates expire without an event.
constexpr std::chrono::minutes kNowAndThen{1};

}  // namespace

ClusterAuthenticationTrust::ClusterAuthenticationTrust(Scope& scope, Objects& objects)
    : scope_(scope),
      objects_(objects),
      queue_(scope, kClusterAuthenticationTrust, [this](std::string) { return look(); }),
      namespaces_(objects.store(), objects.loop(), {"", "namespaces"},
                  [this](const storage::StoredObject& object, bool gone) {
                    if (!gone && object.name == kTrustNamespace) look_soon();
                  }),
      config_maps_(objects.store(), objects.loop(), kConfigMapResource,
                   [this](const storage::StoredObject& object, bool) {
                     if (object.ns == kTrustNamespace && object.name == kTrustConfigMap)
                       look_soon();
                   }) {}

std::string_view ClusterAuthenticationTrust::name() const { return kClusterAuthenticationTrust; }

void ClusterAuthenticationTrust::change(AuthenticationTrust trust) {
  if (trust == trust_) return;
  trust_ = std::move(trust);
  look_soon();
}

void ClusterAuthenticationTrust::start() {
  namespaces_.start();
  config_maps_.start();
}

void ClusterAuthenticationTrust::look_at_all() {
  look_soon();
  scope_.spawn(kClusterAuthenticationTrust, look_now_and_then());
}

void ClusterAuthenticationTrust::stop() {
  namespaces_.stop();
  config_maps_.stop();
}

void ClusterAuthenticationTrust::look_soon() { queue_.add(std::string(kTrustConfigMap)); }

base::Task<void> ClusterAuthenticationTrust::look_now_and_then() {
  while (!scope_.ending()) {
    co_await scope_.sleep(kNowAndThen);
    look_soon();
  }
}

base::Task<bool> ClusterAuthenticationTrust::look() {
  const std::string ns(kTrustNamespace);
  if (!is_active_namespace(objects_.store(), ns)) co_return true;
  co_return co_await keep_config_map(objects_, ns, std::string(kTrustConfigMap),
                                     [this](object::Json& map) { return correct(map); });
}

bool ClusterAuthenticationTrust::correct(object::Json& config_map) const {
  const object::Json* const there = object::member(config_map, "data");
  const boost::json::object old =
      there != nullptr && there->is_object() ? there->get_object() : boost::json::object();
  boost::json::object data = old;
  try {
    add_trust(data, trust_, std::chrono::system_clock::now());
  } catch (const std::length_error& error) {
    log::error("what the server trusts cannot be published",
               {{"configmap", kTrustConfigMap}, {"error", error.what()}});
    return false;
  }
  if (data == old) return false;
  object::object_at(config_map, "data") = std::move(data);
  return true;
}

}  // namespace limen::controllers
