// Strategies of the core group.
#include <algorithm>
#include <array>

#include "base/strings.h"
#include "object/metadata.h"
#include "registry/service_fields.h"
#include "registry/strategy.h"
#include "validation/pod_qos.h"

namespace limen::registry {

namespace {

using object::Json;
using request::Identity;

constexpr std::string_view kNamespaceFinalizer = "kubernetes";
constexpr std::string_view kNamespaceNameLabel = "kubernetes.io/metadata.name";

// secrets: stringData is written in clear and kept as data.
void merge_string_data(Json& secret) {
  const Json* clear = object::member(secret, "stringData");
  if (!clear || !clear->is_object()) return;
  boost::json::object& data = object::object_at(secret, "data");
  for (const auto& entry : clear->get_object()) {
    if (!entry.value().is_string()) continue;
    const boost::json::string& text = entry.value().get_string();
    data[entry.key()] = base::base64_encode({text.data(), text.size()});
  }
  secret.get_object().erase("stringData");
}
void prepare_secret_create(Json& secret, const Identity&) { merge_string_data(secret); }
void prepare_secret_update(Json& secret, const Json&) { merge_string_data(secret); }

// namespaces: the label by which selectors find them, and who must agree to their end.
void label_namespace(Json& ns) {
  boost::json::object& metadata = object::metadata(ns);
  Json& labels = metadata["labels"];
  if (!labels.is_object()) labels.emplace_object();
  const std::string_view name = object::name(ns);
  labels.get_object()[std::string(kNamespaceNameLabel)] = std::string(name);
}

void prepare_namespace_create(Json& ns, const Identity&) {
  label_namespace(ns);
  boost::json::object& spec = object::object_at(ns, "spec");
  Json& finalizers = spec["finalizers"];
  if (!finalizers.is_array()) finalizers.emplace_array();
  boost::json::array& list = finalizers.get_array();
  const bool has = std::any_of(list.begin(), list.end(), [](const Json& item) {
    return item.is_string() && item.get_string() == boost::json::string_view(kNamespaceFinalizer);
  });
  if (!has) list.emplace_back(kNamespaceFinalizer);
}

// spec.finalizers change through /finalize only.
void prepare_namespace_update(Json& ns, const Json& old) {
  label_namespace(ns);
  const Json* kept = object::find(old, {"spec", "finalizers"});
  boost::json::object& spec = object::object_at(ns, "spec");
  if (kept) {
    spec["finalizers"] = *kept;
  } else {
    spec.erase("finalizers");
  }
}

void prepare_pod_create(Json& pod, const Identity&) {
  boost::json::object& status = object::object_at(pod, "status");
  status["phase"] = "Pending";
  status["qosClass"] = std::string(validation::pod_qos_class(pod));
}

// A pod that runs gets its time to end; one that never started or has ended does not.
std::int64_t pod_grace_period(const Json& pod, std::optional<std::int64_t> requested) {
  const Json* own = object::find(pod, {"spec", "terminationGracePeriodSeconds"});
  std::int64_t period = requested ? *requested : object::int_or(own, 0);
  const Json* spec = object::member(pod, "spec");
  const Json* status = object::member(pod, "status");
  if (!spec || object::text_at(*spec, "nodeName").empty()) period = 0;
  const std::string_view phase = status ? object::text_at(*status, "phase") : std::string_view{};
  if (phase == "Failed" || phase == "Succeeded") period = 0;
  return period < 0 ? 1 : period;
}

void prepare_service_create(Json& service, const Identity&) { settle_new_service(service); }
void prepare_service_update(Json& service, const Json& old) {
  settle_changed_service(service, old);
}

constexpr std::array kStrategies = {
    Strategy{.resource = "pods",
             .counts_generation = true,
             .returns_deleted = true,
             .status_keeps_owners = true,
             .prepare_create = prepare_pod_create,
             .grace_period = pod_grace_period},
    Strategy{.resource = "namespaces",
             .returns_deleted = true,
             .initial_status = R"({"phase":"Active"})",
             .prepare_create = prepare_namespace_create,
             .prepare_update = prepare_namespace_update},
    Strategy{.resource = "secrets",
             .prepare_create = prepare_secret_create,
             .prepare_update = prepare_secret_update},
    Strategy{.resource = "services",
             .create_on_update = true,
             .returns_deleted = true,
             .initial_status = R"({"loadBalancer":{}})",
             .prepare_create = prepare_service_create,
             .prepare_update = prepare_service_update},
    Strategy{.resource = "nodes", .status_on_create = true},
    Strategy{.resource = "events", .create_on_update = true, .garbage_collected = false},
    Strategy{.resource = "endpoints", .create_on_update = true},
    Strategy{.resource = "limitranges", .create_on_update = true},
    Strategy{.resource = "serviceaccounts", .returns_deleted = true},
    Strategy{.resource = "podtemplates", .counts_generation = true, .returns_deleted = true},
    Strategy{.resource = "resourcequotas", .returns_deleted = true},
    Strategy{.resource = "persistentvolumes",
             .returns_deleted = true,
             .initial_status = R"({"phase":"Pending"})"},
    Strategy{.resource = "persistentvolumeclaims",
             .returns_deleted = true,
             .initial_status = R"({"phase":"Pending"})"},
    Strategy{.resource = "replicationcontrollers",
             .counts_generation = true,
             .orphans_dependents = true,
             .initial_status = R"({"replicas":0})"},
};

}  // namespace

std::span<const Strategy> core_strategies() { return kStrategies; }

}  // namespace limen::registry
