// The table of rules of single kinds: one row a resource, its functions in the file of its group.
//
// To add a kind: write its `check` (and `update`) in a file here, declare them below, add a row to
// table.cpp. A resource without a row obeys the metadata rules alone. Thread rule: any thread.
#pragma once

#include <string_view>

#include "validation/causes.h"
#include "validation/metadata.h"

namespace limen::validation {

struct Rules {
  std::string_view group, resource;
  NameCheck name = object::dns1123_subdomain;
  // The whole object, on create and on update. Null: nothing to check.
  void (*check)(const Json& object, Causes& causes) = nullptr;
  // What an update may not change. Null: anything may.
  void (*update)(const Json& object, const Json& old, Causes& causes) = nullptr;
};

// The row of a resource; one with default rules when it has none.
const Rules& rules_for(std::string_view group, std::string_view resource);

namespace kinds {

// pod.cpp, pod_spec.cpp
void check_pod(const Json& object, Causes& causes);
void check_pod_update(const Json& object, const Json& old, Causes& causes);
void check_pod_template_object(const Json& object, Causes& causes);
// A pod's spec, of a pod or in a template.
void check_pod_spec(const Json* spec, const FieldPath& path, Causes& causes);
// A PodTemplateSpec: labels, annotations and spec.
void check_pod_template(const Json* pod_template, const FieldPath& path, Causes& causes);

// workloads.cpp
void check_deployment(const Json& object, Causes& causes);
void check_replica_set(const Json& object, Causes& causes);
void check_stateful_set(const Json& object, Causes& causes);
void check_daemon_set(const Json& object, Causes& causes);
void check_replication_controller(const Json& object, Causes& causes);
void check_selector_update(const Json& object, const Json& old, Causes& causes);
void check_stateful_set_update(const Json& object, const Json& old, Causes& causes);

// batch.cpp
void check_job(const Json& object, Causes& causes);
void check_job_update(const Json& object, const Json& old, Causes& causes);
void check_cron_job(const Json& object, Causes& causes);
object::Problems cron_job_name(std::string_view name);

// service.cpp
void check_service(const Json& object, Causes& causes);
void check_service_update(const Json& object, const Json& old, Causes& causes);

// config.cpp
void check_config_map(const Json& object, Causes& causes);
void check_config_map_update(const Json& object, const Json& old, Causes& causes);
void check_secret(const Json& object, Causes& causes);
void check_secret_update(const Json& object, const Json& old, Causes& causes);

// cluster.cpp
void check_namespace(const Json& object, Causes& causes);
void check_lease(const Json& object, Causes& causes);
void check_event(const Json& object, Causes& causes);
void check_priority_class(const Json& object, Causes& causes);
void check_priority_class_update(const Json& object, const Json& old, Causes& causes);
void check_disruption_budget(const Json& object, Causes& causes);
void check_autoscaler(const Json& object, Causes& causes);
void check_resource_quota(const Json& object, Causes& causes);

// api_service.cpp
void check_api_service(const Json& object, Causes& causes);

// custom_resource_definition.cpp, custom_schema.cpp
void check_custom_resource_definition(const Json& object, Causes& causes);
void check_custom_resource_definition_update(const Json& object, const Json& old, Causes& causes);
// An openAPIV3Schema: that it is structural, and what its parts may say.
void check_custom_schema(const Json& schema, const FieldPath& path, Causes& causes);

// rbac.cpp
void check_role(const Json& object, Causes& causes);
void check_cluster_role(const Json& object, Causes& causes);
void check_role_binding(const Json& object, Causes& causes);
void check_cluster_role_binding(const Json& object, Causes& causes);
void check_role_ref_update(const Json& object, const Json& old, Causes& causes);

// networking.cpp
void check_ingress(const Json& object, Causes& causes);
void check_network_policy(const Json& object, Causes& causes);

// storage.cpp
void check_persistent_volume(const Json& object, Causes& causes);
void check_persistent_volume_update(const Json& object, const Json& old, Causes& causes);
void check_persistent_volume_claim(const Json& object, Causes& causes);
void check_persistent_volume_claim_update(const Json& object, const Json& old, Causes& causes);
void check_storage_class(const Json& object, Causes& causes);
void check_storage_class_update(const Json& object, const Json& old, Causes& causes);

}  // namespace kinds
}  // namespace limen::validation
