// The table of rules of single kinds: one row a resource, its functions in the file of its group.
//
// To add a kind: write its functions in a file here, declare them below, add a row to table.cpp. A
// resource without a row obeys the metadata rules and its catalog's required fields alone.
// Thread rule: any thread.
#pragma once

#include <string_view>
#include <vector>

#include "validation/causes.h"
#include "validation/metadata.h"

namespace limen::validation {

struct Rules {
  using Whole = void (*)(const Json& object, Causes& causes);
  using Change = void (*)(const Json& object, const Json& old, Causes& causes);

  std::string_view group, resource;
  NameCheck name = object::dns1123_subdomain;
  // Null functions: nothing to check.
  Whole check = nullptr;    // on create and on update
  Change update = nullptr;  // what an update may not change
  Whole create = nullptr;   // on create alone, after `check`
  Change status = nullptr;  // of the status, after the metadata
  // Finalizers without a domain must be well-known ones.
  bool own_finalizers = false;
};

// The row of a resource; one with default rules when it has none.
const Rules& rules_for(std::string_view group, std::string_view resource);

namespace kinds {

// pod.cpp, pod_spec.cpp
struct PodPlace {
  bool in_pod = true;                     // false: in a template
  std::string_view name;                  // the pod's
  std::vector<std::string_view> claimed;  // volumes a StatefulSet will add
};
void check_pod(const Json& object, Causes& causes);
void check_pod_create(const Json& object, Causes& causes);
void check_pod_update(const Json& object, const Json& old, Causes& causes);
void check_pod_status(const Json& object, const Json& old, Causes& causes);
void check_pod_template_object(const Json& object, Causes& causes);
// pod_parts.cpp: updates through the subresources resize and ephemeralcontainers, of the whole pod.
void check_pod_resize(const Json& object, const Json& old, Causes& causes);
void check_ephemeral_containers_update(const Json& object, const Json& old, Causes& causes);
// A pod's spec, of a pod or in a template.
void check_pod_spec(const Json* spec, const PodPlace& place, const FieldPath& path, Causes& causes);
// A PodTemplateSpec: labels, annotations and spec.
void check_pod_template(const Json* pod_template, const std::vector<std::string_view>& claimed,
                        const FieldPath& path, Causes& causes);
void check_pod_annotations(const Json* annotations, const Json& spec, const FieldPath& path,
                           Causes& causes);

// workloads.cpp
void check_deployment(const Json& object, Causes& causes);
void check_deployment_status(const Json& object, const Json& old, Causes& causes);
void check_replica_set(const Json& object, Causes& causes);
void check_replica_set_status(const Json& object, const Json& old, Causes& causes);
void check_stateful_set(const Json& object, Causes& causes);
void check_stateful_set_update(const Json& object, const Json& old, Causes& causes);
void check_stateful_set_status(const Json& object, const Json& old, Causes& causes);
void check_daemon_set(const Json& object, Causes& causes);
void check_daemon_set_status(const Json& object, const Json& old, Causes& causes);
void check_replication_controller(const Json& object, Causes& causes);
void check_selector_update(const Json& object, const Json& old, Causes& causes);
void check_controller_revision(const Json& object, Causes& causes);
void check_controller_revision_update(const Json& object, const Json& old, Causes& causes);

// batch.cpp
void check_job(const Json& object, Causes& causes);
void check_job_create(const Json& object, Causes& causes);
void check_job_update(const Json& object, const Json& old, Causes& causes);
void check_job_status(const Json& object, const Json& old, Causes& causes);
void check_cron_job(const Json& object, Causes& causes);
void check_cron_job_create(const Json& object, Causes& causes);

// service.cpp
void check_service(const Json& object, Causes& causes);
void check_service_update(const Json& object, const Json& old, Causes& causes);
void check_service_status(const Json& object, const Json& old, Causes& causes);
// The host name of an entry of status.loadBalancer.ingress.
void check_load_balancer_host(const Json& ingress, const FieldPath& path, Causes& causes);

// config.cpp
void check_config_map(const Json& object, Causes& causes);
void check_config_map_update(const Json& object, const Json& old, Causes& causes);
void check_secret(const Json& object, Causes& causes);
void check_secret_update(const Json& object, const Json& old, Causes& causes);

// cluster.cpp
void check_namespace(const Json& object, Causes& causes);
// Of an update through the subresource finalize.
void check_namespace_finalizers(const Json& object, Causes& causes);
void check_namespace_status(const Json& object, const Json& old, Causes& causes);
void check_lease(const Json& object, Causes& causes);
void check_event(const Json& object, Causes& causes);
void check_strict_event(const Json& object, Causes& causes);
void check_strict_event_create(const Json& object, Causes& causes);
void check_strict_event_update(const Json& object, const Json& old, Causes& causes);
void check_priority_class(const Json& object, Causes& causes);
void check_priority_class_update(const Json& object, const Json& old, Causes& causes);
void check_disruption_budget(const Json& object, Causes& causes);
void check_disruption_budget_status(const Json& object, const Json& old, Causes& causes);

// nodes.cpp
void check_node(const Json& object, Causes& causes);
void check_node_update(const Json& object, const Json& old, Causes& causes);
void check_endpoints(const Json& object, Causes& causes);
void check_endpoint_slice(const Json& object, Causes& causes);
void check_endpoint_slice_update(const Json& object, const Json& old, Causes& causes);
void check_runtime_class(const Json& object, Causes& causes);
void check_runtime_class_update(const Json& object, const Json& old, Causes& causes);

// autoscaler.cpp
void check_autoscaler(const Json& object, Causes& causes);
void check_autoscaler_status(const Json& object, const Json& old, Causes& causes);

// quotas.cpp
void check_resource_quota(const Json& object, Causes& causes);
void check_resource_quota_update(const Json& object, const Json& old, Causes& causes);
void check_resource_quota_status(const Json& object, const Json& old, Causes& causes);
void check_limit_range(const Json& object, Causes& causes);

// webhooks.cpp
void check_webhooks(const Json& object, Causes& causes);

// admission_policies.cpp
void check_validating_policy(const Json& object, Causes& causes);
void check_validating_policy_status(const Json& object, const Json& old, Causes& causes);
void check_validating_policy_binding(const Json& object, Causes& causes);
void check_mutating_policy(const Json& object, Causes& causes);
void check_mutating_policy_binding(const Json& object, Causes& causes);

// devices.cpp
void check_device_class(const Json& object, Causes& causes);
void check_device_taint_rule(const Json& object, Causes& causes);
void check_resource_claim_create(const Json& object, Causes& causes);
void check_resource_claim_template_create(const Json& object, Causes& causes);
void check_resource_slice(const Json& object, Causes& causes);
void check_resource_slice_update(const Json& object, const Json& old, Causes& causes);

// certificates.cpp
void check_signing_request(const Json& object, Causes& causes);
void check_signing_request_update(const Json& object, const Json& old, Causes& causes);
void check_signing_request_status(const Json& object, const Json& old, Causes& causes);

// api_service.cpp
void check_api_service(const Json& object, Causes& causes);

// custom_resource_definition.cpp, custom_schema.cpp
void check_custom_resource_definition(const Json& object, Causes& causes);
void check_custom_resource_definition_update(const Json& object, const Json& old, Causes& causes);
void check_custom_resource_definition_create(const Json& object, Causes& causes);
// webhook_client.cpp
void check_webhook_url(std::string_view value, const FieldPath& path, Causes& causes);
// A ServiceReference.
void check_webhook_service(const Json& service, const FieldPath& path, Causes& causes);
// An openAPIV3Schema: that it is structural, and what its parts may say.
void check_custom_schema(const Json& schema, const FieldPath& path, Causes& causes);

// flow_control.cpp
void check_flow_schema(const Json& object, Causes& causes);
void check_priority_level(const Json& object, Causes& causes);
void check_flow_control_status(const Json& object, const Json& old, Causes& causes);

// rbac.cpp
void check_role(const Json& object, Causes& causes);
void check_cluster_role(const Json& object, Causes& causes);
void check_role_binding(const Json& object, Causes& causes);
void check_cluster_role_binding(const Json& object, Causes& causes);
void check_role_ref_update(const Json& object, const Json& old, Causes& causes);

// networking.cpp
void check_ingress(const Json& object, Causes& causes);
void check_ingress_create(const Json& object, Causes& causes);
void check_ingress_status(const Json& object, const Json& old, Causes& causes);
void check_ingress_class(const Json& object, Causes& causes);
void check_ingress_class_update(const Json& object, const Json& old, Causes& causes);
void check_network_policy(const Json& object, Causes& causes);

// service_ranges.cpp
object::Problems ip_address_name(std::string_view name);
void check_ip_address(const Json& object, Causes& causes);
void check_ip_address_update(const Json& object, const Json& old, Causes& causes);
void check_service_cidr_create(const Json& object, Causes& causes);
void check_service_cidr_update(const Json& object, const Json& old, Causes& causes);

// rare_kinds.cpp
void check_lease_candidate(const Json& object, Causes& causes);
void check_lease_candidate_update(const Json& object, const Json& old, Causes& causes);
void check_migration(const Json& object, Causes& causes);
void check_migration_update(const Json& object, const Json& old, Causes& causes);
void check_pod_certificate_request(const Json& object, Causes& causes);
void check_storage_capacity(const Json& object, Causes& causes);
void check_storage_capacity_update(const Json& object, const Json& old, Causes& causes);

// persistent_volumes.cpp
void check_persistent_volume(const Json& object, Causes& causes);
void check_persistent_volume_update(const Json& object, const Json& old, Causes& causes);
void check_persistent_volume_claim(const Json& object, Causes& causes);
void check_persistent_volume_claim_update(const Json& object, const Json& old, Causes& causes);
void check_persistent_volume_claim_status(const Json& object, const Json& old, Causes& causes);

// storage_classes.cpp
void check_storage_class(const Json& object, Causes& causes);
void check_storage_class_update(const Json& object, const Json& old, Causes& causes);
void check_volume_attributes_class(const Json& object, Causes& causes);
void check_volume_attributes_class_update(const Json& object, const Json& old, Causes& causes);
object::Problems csi_driver_name(std::string_view name);
void check_csi_driver(const Json& object, Causes& causes);
void check_csi_driver_update(const Json& object, const Json& old, Causes& causes);
void check_csi_node(const Json& object, Causes& causes);
void check_csi_node_update(const Json& object, const Json& old, Causes& causes);
void check_volume_attachment(const Json& object, Causes& causes);
void check_volume_attachment_create(const Json& object, Causes& causes);
// The spec may not change at all.
void check_spec_update(const Json& object, const Json& old, Causes& causes);

}  // namespace kinds
}  // namespace limen::validation
