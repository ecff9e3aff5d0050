#include <array>

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
    {"", "events", defaults::event},
    {"", "namespaces", defaults::namespace_object},
    {"", "persistentvolumeclaims", defaults::persistent_volume_claim},
    {"", "persistentvolumes", defaults::persistent_volume},
    {"", "pods", defaults::pod},
    {"", "podtemplates", defaults::pod_template_object},
    {"", "replicationcontrollers", defaults::replication_controller},
    {"", "secrets", defaults::secret},
    {"", "services", defaults::service},
    {"apiextensions.k8s.io", "customresourcedefinitions", defaults::custom_resource_definition},
    {"apiregistration.k8s.io", "apiservices", defaults::api_service},
    {"apps", "daemonsets", defaults::daemon_set},
    {"apps", "deployments", defaults::deployment},
    {"apps", "replicasets", defaults::replica_set},
    {"apps", "statefulsets", defaults::stateful_set},
    {"autoscaling", "horizontalpodautoscalers", defaults::autoscaler},
    {"batch", "cronjobs", defaults::cron_job},
    {"batch", "jobs", defaults::job},
    {"discovery.k8s.io", "endpointslices", defaults::endpoint_slice},
    {"networking.k8s.io", "ingresses", defaults::ingress},
    {"networking.k8s.io", "networkpolicies", defaults::network_policy},
    {"rbac.authorization.k8s.io", "clusterrolebindings", defaults::role_binding},
    {"rbac.authorization.k8s.io", "rolebindings", defaults::role_binding},
    {"scheduling.k8s.io", "priorityclasses", defaults::priority_class},
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

}  // namespace defaults
}  // namespace limen::validation
