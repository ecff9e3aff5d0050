#include <array>

#include "validation/kinds/rules.h"
#include "validation/validate.h"

namespace limen::validation {

namespace {

using namespace kinds;  // the table is nothing but their names

constexpr NameCheck kSubdomain = object::dns1123_subdomain;
constexpr NameCheck kLabel = object::dns1123_label;
constexpr NameCheck kPathSegment = object::path_segment_name;
constexpr std::string_view kRbac = "rbac.authorization.k8s.io";

constexpr auto kRules = std::to_array<Rules>({
    {"", "configmaps", kSubdomain, check_config_map, check_config_map_update},
    {"", "events", kSubdomain, check_event, nullptr},
    {"", "namespaces", kLabel, check_namespace, nullptr},
    {"", "persistentvolumeclaims", kSubdomain, check_persistent_volume_claim,
     check_persistent_volume_claim_update},
    {"", "persistentvolumes", kSubdomain, check_persistent_volume, check_persistent_volume_update},
    {"", "pods", kSubdomain, check_pod, check_pod_update},
    {"", "podtemplates", kSubdomain, check_pod_template_object, nullptr},
    {"", "replicationcontrollers", kSubdomain, check_replication_controller, nullptr},
    {"", "resourcequotas", kSubdomain, check_resource_quota, nullptr},
    {"", "secrets", kSubdomain, check_secret, check_secret_update},
    {"", "services", object::dns1035_label, check_service, check_service_update},
    {"apiextensions.k8s.io", "customresourcedefinitions", kSubdomain,
     check_custom_resource_definition, nullptr},
    {"apiregistration.k8s.io", "apiservices", kPathSegment, nullptr, nullptr},
    {"apps", "daemonsets", kSubdomain, check_daemon_set, check_selector_update},
    {"apps", "deployments", kSubdomain, check_deployment, check_selector_update},
    {"apps", "replicasets", kSubdomain, check_replica_set, check_selector_update},
    {"apps", "statefulsets", kSubdomain, check_stateful_set, check_stateful_set_update},
    {"autoscaling", "horizontalpodautoscalers", kSubdomain, check_autoscaler, nullptr},
    {"batch", "cronjobs", cron_job_name, check_cron_job, nullptr},
    {"batch", "jobs", kSubdomain, check_job, check_job_update},
    {"coordination.k8s.io", "leases", kSubdomain, check_lease, nullptr},
    {"networking.k8s.io", "ingresses", kSubdomain, check_ingress, nullptr},
    {"networking.k8s.io", "networkpolicies", kSubdomain, check_network_policy, nullptr},
    {"policy", "poddisruptionbudgets", kSubdomain, check_disruption_budget, nullptr},
    {kRbac, "clusterrolebindings", kPathSegment, check_cluster_role_binding, check_role_ref_update},
    {kRbac, "clusterroles", kPathSegment, check_cluster_role, nullptr},
    {kRbac, "rolebindings", kPathSegment, check_role_binding, check_role_ref_update},
    {kRbac, "roles", kPathSegment, check_role, nullptr},
    {"scheduling.k8s.io", "priorityclasses", kSubdomain, check_priority_class,
     check_priority_class_update},
    {"storage.k8s.io", "storageclasses", kSubdomain, check_storage_class,
     check_storage_class_update},
});

}  // namespace

const Rules& rules_for(std::string_view group, std::string_view resource) {
  static constexpr Rules kDefault;
  for (const Rules& rules : kRules) {
    if (rules.resource == resource && rules.group == group) return rules;
  }
  return kDefault;
}

std::vector<base::StatusCause> validate_create(const catalog::Resource& resource,
                                               const Json& object) {
  const Rules& rules = rules_for(resource.group, resource.name);
  Causes causes;
  check_metadata(object, resource.namespaced, rules.name, causes);
  if (rules.check) rules.check(object, causes);
  return causes.take();
}

std::vector<base::StatusCause> validate_update(const catalog::Resource& resource,
                                               const Json& object, const Json& old) {
  const Rules& rules = rules_for(resource.group, resource.name);
  Causes causes;
  check_metadata_update(object, old, resource.namespaced, causes);
  if (rules.check) rules.check(object, causes);
  if (rules.update) rules.update(object, old, causes);
  return causes.take();
}

std::vector<base::StatusCause> validate_status_update(const catalog::Resource& resource,
                                                      const Json& object, const Json& old) {
  Causes causes;
  check_metadata_update(object, old, resource.namespaced, causes);
  return causes.take();
}

}  // namespace limen::validation
