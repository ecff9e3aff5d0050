#include <array>

#include "validation/custom/objects.h"
#include "validation/kinds/rules.h"
#include "validation/validate.h"

namespace limen::validation {

namespace {

constexpr NameCheck kSubdomain = object::dns1123_subdomain;
constexpr NameCheck kLabel = object::dns1123_label;
constexpr NameCheck kPathSegment = object::path_segment_name;
constexpr std::string_view kRbac = "rbac.authorization.k8s.io";

constexpr auto kRules = std::to_array<Rules>({
    {"", "configmaps", kSubdomain, kinds::check_config_map, kinds::check_config_map_update},
    {"", "events", kSubdomain, kinds::check_event, nullptr},
    {"", "namespaces", kLabel, kinds::check_namespace, nullptr},
    {"", "persistentvolumeclaims", kSubdomain, kinds::check_persistent_volume_claim,
     kinds::check_persistent_volume_claim_update},
    {"", "persistentvolumes", kSubdomain, kinds::check_persistent_volume,
     kinds::check_persistent_volume_update},
    {"", "pods", kSubdomain, kinds::check_pod, kinds::check_pod_update},
    {"", "podtemplates", kSubdomain, kinds::check_pod_template_object, nullptr},
    {"", "replicationcontrollers", kSubdomain, kinds::check_replication_controller, nullptr},
    {"", "resourcequotas", kSubdomain, kinds::check_resource_quota, nullptr},
    {"", "secrets", kSubdomain, kinds::check_secret, kinds::check_secret_update},
    {"", "services", object::dns1035_label, kinds::check_service, kinds::check_service_update},
    {"apiextensions.k8s.io", "customresourcedefinitions", kSubdomain,
     kinds::check_custom_resource_definition, kinds::check_custom_resource_definition_update},
    {"apiregistration.k8s.io", "apiservices", kPathSegment, kinds::check_api_service, nullptr},
    {"apps", "daemonsets", kSubdomain, kinds::check_daemon_set, kinds::check_selector_update},
    {"apps", "deployments", kSubdomain, kinds::check_deployment, kinds::check_selector_update},
    {"apps", "replicasets", kSubdomain, kinds::check_replica_set, kinds::check_selector_update},
    {"apps", "statefulsets", kSubdomain, kinds::check_stateful_set,
     kinds::check_stateful_set_update},
    {"autoscaling", "horizontalpodautoscalers", kSubdomain, kinds::check_autoscaler, nullptr},
    {"batch", "cronjobs", kinds::cron_job_name, kinds::check_cron_job, nullptr},
    {"batch", "jobs", kSubdomain, kinds::check_job, kinds::check_job_update},
    {"coordination.k8s.io", "leases", kSubdomain, kinds::check_lease, nullptr},
    {"networking.k8s.io", "ingresses", kSubdomain, kinds::check_ingress, nullptr},
    {"networking.k8s.io", "networkpolicies", kSubdomain, kinds::check_network_policy, nullptr},
    {"policy", "poddisruptionbudgets", kSubdomain, kinds::check_disruption_budget, nullptr},
    {kRbac, "clusterrolebindings", kPathSegment, kinds::check_cluster_role_binding,
     kinds::check_role_ref_update},
    {kRbac, "clusterroles", kPathSegment, kinds::check_cluster_role, nullptr},
    {kRbac, "rolebindings", kPathSegment, kinds::check_role_binding, kinds::check_role_ref_update},
    {kRbac, "roles", kPathSegment, kinds::check_role, nullptr},
    {"scheduling.k8s.io", "priorityclasses", kSubdomain, kinds::check_priority_class,
     kinds::check_priority_class_update},
    {"storage.k8s.io", "storageclasses", kSubdomain, kinds::check_storage_class,
     kinds::check_storage_class_update},
});

}  // namespace

const Rules& rules_for(std::string_view group, std::string_view resource) {
  static constexpr Rules kDefault;
  for (const Rules& rules : kRules) {
    if (rules.resource == resource && rules.group == group) return rules;
  }
  return kDefault;
}

namespace {

// A custom kind has no rules but its schema's, whatever it is called.
const Rules& rules_of(const catalog::Resource& resource) {
  static constexpr Rules kCustom;
  return resource.custom ? kCustom : rules_for(resource.group, resource.name);
}

}  // namespace

std::vector<base::StatusCause> validate_create(const catalog::Resource& resource,
                                               const Json& object) {
  const Rules& rules = rules_of(resource);
  Causes causes;
  check_metadata(object, resource.namespaced, rules.name, causes);
  if (rules.check) rules.check(object, causes);
  if (resource.custom) check_custom(object, nullptr, *resource.custom, causes);
  return causes.take();
}

std::vector<base::StatusCause> validate_update(const catalog::Resource& resource,
                                               const Json& object, const Json& old) {
  const Rules& rules = rules_of(resource);
  Causes causes;
  check_metadata_update(object, old, resource.namespaced, causes);
  if (rules.check) rules.check(object, causes);
  if (rules.update) rules.update(object, old, causes);
  if (resource.custom) check_custom(object, &old, *resource.custom, causes);
  return causes.take();
}

std::vector<base::StatusCause> validate_status_update(const catalog::Resource& resource,
                                                      const Json& object, const Json& old) {
  Causes causes;
  check_metadata_update(object, old, resource.namespaced, causes);
  if (resource.custom) check_custom(object, &old, *resource.custom, causes);
  return causes.take();
}

}  // namespace limen::validation
