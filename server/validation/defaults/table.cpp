#include <array>

#include "object/quantity.h"
#include "validation/custom/objects.h"
#include "validation/defaults.h"
#include "validation/defaults/defaulters.h"

namespace limen::validation {

namespace {

struct Row {
  std::string_view group, resource;
  void (*apply)(boost::json::object& object);
};

constexpr auto kRows = std::to_array<Row>({
    {"", "endpoints", defaults::endpoints},
    {"", "events", defaults::event},
    {"", "limitranges", defaults::limit_range},
    {"", "namespaces", defaults::namespace_object},
    {"", "nodes", defaults::node},
    {"", "persistentvolumeclaims", defaults::persistent_volume_claim},
    {"", "persistentvolumes", defaults::persistent_volume},
    {"", "pods", defaults::pod},
    {"", "podtemplates", defaults::pod_template_object},
    {"", "replicationcontrollers", defaults::replication_controller},
    {"", "resourcequotas", defaults::resource_quota},
    {"", "secrets", defaults::secret},
    {"", "services", defaults::service},
    {"admissionregistration.k8s.io", "mutatingadmissionpolicies", defaults::admission_policy},
    {"admissionregistration.k8s.io", "mutatingadmissionpolicybindings",
     defaults::admission_policy_binding},
    {"admissionregistration.k8s.io", "mutatingwebhookconfigurations", defaults::mutating_webhooks},
    {"admissionregistration.k8s.io", "validatingadmissionpolicies", defaults::admission_policy},
    {"admissionregistration.k8s.io", "validatingadmissionpolicybindings",
     defaults::admission_policy_binding},
    {"admissionregistration.k8s.io", "validatingwebhookconfigurations",
     defaults::validating_webhooks},
    {"apiextensions.k8s.io", "customresourcedefinitions", defaults::custom_resource_definition},
    {"apiregistration.k8s.io", "apiservices", defaults::api_service},
    {"apps", "daemonsets", defaults::daemon_set},
    {"apps", "deployments", defaults::deployment},
    {"apps", "replicasets", defaults::replica_set},
    {"apps", "statefulsets", defaults::stateful_set},
    {"autoscaling", "horizontalpodautoscalers", defaults::autoscaler},
    {"batch", "cronjobs", defaults::cron_job},
    {"batch", "jobs", defaults::job},
    {"certificates.k8s.io", "podcertificaterequests", defaults::pod_certificate_request},
    {"discovery.k8s.io", "endpointslices", defaults::endpoint_slice},
    {"flowcontrol.apiserver.k8s.io", "flowschemas", defaults::flow_schema},
    {"flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations", defaults::priority_level},
    {"networking.k8s.io", "ingressclasses", defaults::ingress_class},
    {"networking.k8s.io", "ingresses", defaults::ingress},
    {"networking.k8s.io", "networkpolicies", defaults::network_policy},
    {"rbac.authorization.k8s.io", "clusterrolebindings", defaults::role_binding},
    {"rbac.authorization.k8s.io", "rolebindings", defaults::role_binding},
    {"resource.k8s.io", "devicetaintrules", defaults::device_taint_rule},
    {"resource.k8s.io", "resourceclaims", defaults::resource_claim},
    {"resource.k8s.io", "resourceclaimtemplates", defaults::resource_claim_template},
    {"resource.k8s.io", "resourceslices", defaults::resource_slice},
    {"scheduling.k8s.io", "priorityclasses", defaults::priority_class},
    {"storage.k8s.io", "csidrivers", defaults::csi_driver},
    {"storage.k8s.io", "storageclasses", defaults::storage_class},
});

}  // namespace

void apply_defaults(const catalog::Resource& resource, object::Json& object) {
  if (resource.custom) return default_custom(object, *resource.custom);
  boost::json::object* members = object.if_object();
  if (!members) return;
  for (const Row& row : kRows) {
    if (row.resource == resource.name && row.group == resource.group) return row.apply(*members);
  }
}

namespace defaults {

void fill(boost::json::object& members, std::string_view key, const Json& value) {
  Json& current = members[key];
  if (current.is_null()) current = value;
}

boost::json::object* object_in(boost::json::object& members, std::string_view key) {
  Json& current = members[key];
  if (current.is_null()) current.emplace_object();
  return current.if_object();
}

// Amounts are kept to the thousandth, rounded up.
void whole_milli(boost::json::object& members, std::string_view key) {
  Json* amounts = members.if_contains(key);
  if (!amounts || !amounts->is_object()) return;
  for (auto& entry : amounts->get_object()) {
    if (!entry.value().is_string()) continue;
    const auto amount = object::Quantity::parse(std::string_view(entry.value().get_string()));
    if (!amount) continue;
    const object::Quantity rounded = amount->rounded_to_milli();
    if (*amount < rounded) entry.value() = rounded.to_string();
  }
}

}  // namespace defaults
}  // namespace limen::validation
