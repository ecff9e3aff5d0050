#include <array>

#include "validation/custom/objects.h"
#include "validation/kinds/rules.h"
#include "validation/kinds/trust_bundles.h"
#include "validation/validate.h"

namespace limen::validation {

namespace {

constexpr NameCheck kLabel = object::dns1123_label;
constexpr NameCheck kPathSegment = object::path_segment_name;
constexpr std::string_view kRbac = "rbac.authorization.k8s.io";

// Any text will do.
object::Problems any_name(std::string_view) { return {}; }

constexpr auto kRules = std::to_array<Rules>({
    {.group = "",
     .resource = "configmaps",
     .check = kinds::check_config_map,
     .update = kinds::check_config_map_update,
     .own_finalizers = true},
    {.group = "", .resource = "endpoints", .check = kinds::check_endpoints, .own_finalizers = true},
    {.group = "", .resource = "events", .name = kPathSegment, .check = kinds::check_event},
    {.group = "",
     .resource = "limitranges",
     .check = kinds::check_limit_range,
     .own_finalizers = true},
    {.group = "",
     .resource = "namespaces",
     .name = kLabel,
     .check = kinds::check_namespace,
     .status = kinds::check_namespace_status,
     .own_finalizers = true},
    {.group = "",
     .resource = "nodes",
     .check = kinds::check_node,
     .update = kinds::check_node_update,
     .own_finalizers = true},
    {.group = "",
     .resource = "persistentvolumeclaims",
     .check = kinds::check_persistent_volume_claim,
     .update = kinds::check_persistent_volume_claim_update,
     .status = kinds::check_persistent_volume_claim_status,
     .own_finalizers = true},
    {.group = "",
     .resource = "persistentvolumes",
     .check = kinds::check_persistent_volume,
     .update = kinds::check_persistent_volume_update,
     .own_finalizers = true},
    {.group = "",
     .resource = "pods",
     .check = kinds::check_pod,
     .update = kinds::check_pod_update,
     .create = kinds::check_pod_create,
     .status = kinds::check_pod_status,
     .own_finalizers = true},
    {.group = "",
     .resource = "podtemplates",
     .check = kinds::check_pod_template_object,
     .own_finalizers = true},
    {.group = "",
     .resource = "replicationcontrollers",
     .check = kinds::check_replication_controller,
     .status = kinds::check_replica_set_status,
     .own_finalizers = true},
    {.group = "",
     .resource = "resourcequotas",
     .check = kinds::check_resource_quota,
     .update = kinds::check_resource_quota_update,
     .status = kinds::check_resource_quota_status,
     .own_finalizers = true},
    {.group = "",
     .resource = "secrets",
     .check = kinds::check_secret,
     .update = kinds::check_secret_update,
     .own_finalizers = true},
    {.group = "", .resource = "serviceaccounts", .own_finalizers = true},
    {.group = "",
     .resource = "services",
     .name = object::dns1035_label,
     .check = kinds::check_service,
     .update = kinds::check_service_update,
     .status = kinds::check_service_status,
     .own_finalizers = true},
    {.group = "admissionregistration.k8s.io",
     .resource = "mutatingadmissionpolicies",
     .check = kinds::check_mutating_policy},
    {.group = "admissionregistration.k8s.io",
     .resource = "mutatingadmissionpolicybindings",
     .check = kinds::check_mutating_policy_binding},
    {.group = "admissionregistration.k8s.io",
     .resource = "mutatingwebhookconfigurations",
     .check = kinds::check_webhooks},
    {.group = "admissionregistration.k8s.io",
     .resource = "validatingadmissionpolicies",
     .check = kinds::check_validating_policy,
     .status = kinds::check_validating_policy_status},
    {.group = "admissionregistration.k8s.io",
     .resource = "validatingadmissionpolicybindings",
     .check = kinds::check_validating_policy_binding},
    {.group = "admissionregistration.k8s.io",
     .resource = "validatingwebhookconfigurations",
     .check = kinds::check_webhooks},
    {.group = "apiextensions.k8s.io",
     .resource = "customresourcedefinitions",
     .check = kinds::check_custom_resource_definition,
     .update = kinds::check_custom_resource_definition_update,
     .create = kinds::check_custom_resource_definition_create},
    {.group = "apiregistration.k8s.io",
     .resource = "apiservices",
     .name = kPathSegment,
     .check = kinds::check_api_service},
    {.group = "apps",
     .resource = "controllerrevisions",
     .check = kinds::check_controller_revision,
     .update = kinds::check_controller_revision_update,
     .own_finalizers = true},
    {.group = "apps",
     .resource = "daemonsets",
     .check = kinds::check_daemon_set,
     .update = kinds::check_selector_update,
     .status = kinds::check_daemon_set_status,
     .own_finalizers = true},
    {.group = "apps",
     .resource = "deployments",
     .check = kinds::check_deployment,
     .update = kinds::check_selector_update,
     .status = kinds::check_deployment_status,
     .own_finalizers = true},
    {.group = "apps",
     .resource = "replicasets",
     .check = kinds::check_replica_set,
     .update = kinds::check_selector_update,
     .status = kinds::check_replica_set_status,
     .own_finalizers = true},
    {.group = "apps",
     .resource = "statefulsets",
     .name = kLabel,
     .check = kinds::check_stateful_set,
     .update = kinds::check_stateful_set_update,
     .status = kinds::check_stateful_set_status,
     .own_finalizers = true},
    {.group = "autoscaling",
     .resource = "horizontalpodautoscalers",
     .check = kinds::check_autoscaler,
     .status = kinds::check_autoscaler_status,
     .own_finalizers = true},
    {.group = "batch",
     .resource = "cronjobs",
     .check = kinds::check_cron_job,
     .create = kinds::check_cron_job_create,
     .own_finalizers = true},
    {.group = "batch",
     .resource = "jobs",
     .check = kinds::check_job,
     .update = kinds::check_job_update,
     .create = kinds::check_job_create,
     .status = kinds::check_job_status,
     .own_finalizers = true},
    {.group = "certificates.k8s.io",
     .resource = "certificatesigningrequests",
     .name = any_name,
     .check = kinds::check_signing_request,
     .update = kinds::check_signing_request_update,
     .status = kinds::check_signing_request_status,
     .own_finalizers = true},
    {.group = "certificates.k8s.io",
     .resource = "clustertrustbundles",
     .name = any_name,
     .check = kinds::check_trust_bundle,
     .update = kinds::check_trust_bundle_update,
     .create = kinds::check_trust_bundle_create,
     .own_finalizers = true},
    {.group = "certificates.k8s.io",
     .resource = "podcertificaterequests",
     .check = kinds::check_pod_certificate_request,
     .update = kinds::check_spec_update},
    {.group = "coordination.k8s.io", .resource = "leases", .check = kinds::check_lease},
    {.group = "coordination.k8s.io",
     .resource = "leasecandidates",
     .name = object::config_map_key,
     .check = kinds::check_lease_candidate,
     .update = kinds::check_lease_candidate_update},
    {.group = "discovery.k8s.io",
     .resource = "endpointslices",
     .check = kinds::check_endpoint_slice,
     .update = kinds::check_endpoint_slice_update,
     .own_finalizers = true},
    {.group = "events.k8s.io",
     .resource = "events",
     .check = kinds::check_strict_event,
     .update = kinds::check_strict_event_update,
     .create = kinds::check_strict_event_create},
    {.group = "flowcontrol.apiserver.k8s.io",
     .resource = "flowschemas",
     .check = kinds::check_flow_schema,
     .status = kinds::check_flow_control_status,
     .own_finalizers = true},
    {.group = "flowcontrol.apiserver.k8s.io",
     .resource = "prioritylevelconfigurations",
     .check = kinds::check_priority_level,
     .status = kinds::check_flow_control_status,
     .own_finalizers = true},
    {.group = "networking.k8s.io",
     .resource = "ingressclasses",
     .check = kinds::check_ingress_class,
     .update = kinds::check_ingress_class_update,
     .own_finalizers = true},
    {.group = "networking.k8s.io",
     .resource = "ingresses",
     .check = kinds::check_ingress,
     .create = kinds::check_ingress_create,
     .status = kinds::check_ingress_status,
     .own_finalizers = true},
    {.group = "networking.k8s.io",
     .resource = "ipaddresses",
     .name = kinds::ip_address_name,
     .check = kinds::check_ip_address,
     .update = kinds::check_ip_address_update},
    {.group = "networking.k8s.io",
     .resource = "networkpolicies",
     .check = kinds::check_network_policy,
     .own_finalizers = true},
    {.group = "networking.k8s.io",
     .resource = "servicecidrs",
     .update = kinds::check_service_cidr_update,
     .create = kinds::check_service_cidr_create},
    {.group = "node.k8s.io",
     .resource = "runtimeclasses",
     .check = kinds::check_runtime_class,
     .update = kinds::check_runtime_class_update,
     .own_finalizers = true},
    {.group = "policy",
     .resource = "poddisruptionbudgets",
     .name = kPathSegment,
     .check = kinds::check_disruption_budget,
     .status = kinds::check_disruption_budget_status},
    {.group = kRbac,
     .resource = "clusterrolebindings",
     .name = kPathSegment,
     .check = kinds::check_cluster_role_binding,
     .update = kinds::check_role_ref_update,
     .own_finalizers = true},
    {.group = kRbac,
     .resource = "clusterroles",
     .name = kPathSegment,
     .check = kinds::check_cluster_role,
     .own_finalizers = true},
    {.group = kRbac,
     .resource = "rolebindings",
     .name = kPathSegment,
     .check = kinds::check_role_binding,
     .update = kinds::check_role_ref_update,
     .own_finalizers = true},
    {.group = kRbac,
     .resource = "roles",
     .name = kPathSegment,
     .check = kinds::check_role,
     .own_finalizers = true},
    {.group = "resource.k8s.io", .resource = "deviceclasses", .check = kinds::check_device_class},
    {.group = "resource.k8s.io",
     .resource = "devicetaintrules",
     .check = kinds::check_device_taint_rule},
    {.group = "resource.k8s.io",
     .resource = "resourceclaims",
     .update = kinds::check_spec_update,
     .create = kinds::check_resource_claim_create},
    {.group = "resource.k8s.io",
     .resource = "resourceclaimtemplates",
     .update = kinds::check_spec_update,
     .create = kinds::check_resource_claim_template_create},
    {.group = "resource.k8s.io",
     .resource = "resourceslices",
     .check = kinds::check_resource_slice,
     .update = kinds::check_resource_slice_update},
    {.group = "scheduling.k8s.io",
     .resource = "priorityclasses",
     .check = kinds::check_priority_class,
     .update = kinds::check_priority_class_update,
     .own_finalizers = true},
    {.group = "storage.k8s.io",
     .resource = "csidrivers",
     .name = kinds::csi_driver_name,
     .check = kinds::check_csi_driver,
     .update = kinds::check_csi_driver_update,
     .own_finalizers = true},
    {.group = "storage.k8s.io",
     .resource = "csinodes",
     .check = kinds::check_csi_node,
     .update = kinds::check_csi_node_update,
     .own_finalizers = true},
    {.group = "storage.k8s.io",
     .resource = "csistoragecapacities",
     .check = kinds::check_storage_capacity,
     .update = kinds::check_storage_capacity_update},
    {.group = "storage.k8s.io",
     .resource = "storageclasses",
     .check = kinds::check_storage_class,
     .update = kinds::check_storage_class_update,
     .own_finalizers = true},
    {.group = "storage.k8s.io",
     .resource = "volumeattachments",
     .check = kinds::check_volume_attachment,
     .update = kinds::check_spec_update,
     .create = kinds::check_volume_attachment_create,
     .own_finalizers = true},
    {.group = "storage.k8s.io",
     .resource = "volumeattributesclasses",
     .check = kinds::check_volume_attributes_class,
     .update = kinds::check_volume_attributes_class_update,
     .own_finalizers = true},
    {.group = "storagemigration.k8s.io",
     .resource = "storageversionmigrations",
     .check = kinds::check_migration,
     .update = kinds::check_migration_update},
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
  if (rules.own_finalizers) check_finalizer_domains(object, causes);
  if (rules.check) rules.check(object, causes);
  if (rules.create) rules.create(object, causes);
  if (resource.custom) check_custom(object, nullptr, *resource.custom, causes);
  return causes.take();
}

std::vector<base::StatusCause> validate_update(const catalog::Resource& resource,
                                               const Json& object, const Json& old) {
  const Rules& rules = rules_of(resource);
  Causes causes;
  check_metadata_update(object, old, resource.namespaced, causes);
  if (rules.own_finalizers) check_finalizer_domains(object, causes);
  if (rules.check) rules.check(object, causes);
  if (rules.update) rules.update(object, old, causes);
  if (resource.custom) check_custom(object, &old, *resource.custom, causes);
  return causes.take();
}

std::vector<base::StatusCause> validate_finalize(const catalog::Resource& namespaces,
                                                 const Json& object, const Json& old) {
  Causes causes;
  check_metadata_update(object, old, namespaces.namespaced, causes);
  kinds::check_namespace_finalizers(object, causes);
  return causes.take();
}

std::vector<base::StatusCause> validate_resize(const catalog::Resource& pods, const Json& object,
                                               const Json& old) {
  Causes causes;
  check_metadata_update(object, old, pods.namespaced, causes);
  kinds::check_pod_resize(object, old, causes);
  return causes.take();
}

std::vector<base::StatusCause> validate_ephemeral_containers(const catalog::Resource& pods,
                                                             const Json& object, const Json& old) {
  Causes causes;
  check_metadata_update(object, old, pods.namespaced, causes);
  kinds::check_ephemeral_containers_update(object, old, causes);
  return causes.take();
}

std::vector<base::StatusCause> validate_status_update(const catalog::Resource& resource,
                                                      const Json& object, const Json& old) {
  const Rules& rules = rules_of(resource);
  Causes causes;
  check_metadata_update(object, old, resource.namespaced, causes);
  if (rules.status) rules.status(object, old, causes);
  if (resource.custom) check_custom(object, &old, *resource.custom, causes);
  return causes.take();
}

}  // namespace limen::validation
