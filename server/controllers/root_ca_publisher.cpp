#include "controllers/root_ca_publisher.h"

#include <utility>

#include "controllers/active_namespace.h"
#include "controllers/kept_config_map.h"
#include "controllers/names.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

const storage::ResourceId kNamespaceResource{"", "namespaces"};
constexpr std::string_view kConfigMap = "kube-root-ca.crt";
constexpr std::string_view kKey = "ca.crt";
// kube-controller-manager's, word for word.
constexpr std::string_view kAnnotation = "kubernetes.io/description";
constexpr std::string_view kDescription =
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
    "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
    "guaranteed across distributions of Kubernetes clusters.";

bool is_described(const object::Json& config_map) {
  const object::Json* const text =
      object::find(config_map, {"metadata", "annotations", kAnnotation});
  return text != nullptr && text->is_string() && !text->get_string().empty();
}

}  // namespace

RootCaPublisher::RootCaPublisher(Scope& scope, Objects& objects)
    : objects_(objects),
      queue_(scope, kRootCaPublisher, [this](std::string key) { return look(std::move(key)); }),
      namespaces_(objects.store(), objects.loop(), kNamespaceResource,
                  [this](const storage::StoredObject& object, bool gone) {
                    if (!gone) queue_.add(object.name);
                  }),
      config_maps_(objects.store(), objects.loop(), kConfigMapResource,
                   [this](const storage::StoredObject& object, bool) {
                     if (object.name == kConfigMap) queue_.add(object.ns);
                   }) {}

std::string_view RootCaPublisher::name() const { return kRootCaPublisher; }

void RootCaPublisher::change(std::string bundle) {
  if (bundle == bundle_) return;
  bundle_ = std::move(bundle);
  look_at_all();
}

void RootCaPublisher::start() {
  namespaces_.start();
  config_maps_.start();
}

void RootCaPublisher::stop() {
  namespaces_.stop();
  config_maps_.stop();
}

void RootCaPublisher::look_at_all() {
  const storage::ListResult list = objects_.store().list(kNamespaceResource, {});
  for (const storage::ObjectPtr& ns : list.objects) queue_.add(ns->name);
}

base::Task<bool> RootCaPublisher::look(std::string ns) {
  if (bundle_.empty() || !is_active_namespace(objects_.store(), ns)) co_return true;
  co_return co_await keep_config_map(objects_, std::move(ns), std::string(kConfigMap),
                                     [this](object::Json& map) { return correct(map); });
}

bool RootCaPublisher::correct(object::Json& config_map) const {
  const boost::json::object wanted{{kKey, bundle_}};
  const object::Json* const data = object::member(config_map, "data");
  const bool right = data != nullptr && data->is_object() && data->get_object() == wanted;
  if (right && is_described(config_map)) return false;
  object::object_at(config_map, "data") = wanted;
  object::Json& metadata = *object::member(config_map, "metadata");
  object::object_at(metadata, "annotations")[kAnnotation] = kDescription;
  return true;
}

}  // namespace limen::controllers
