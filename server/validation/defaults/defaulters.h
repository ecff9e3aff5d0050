// The table of defaults of single kinds: one row a resource, its function in the file of its group.
//
// To default a kind: write its function in a file here, declare it below, add a row to table.cpp.
// A default fills a member that is absent or null and leaves every other alone, so applying it
// twice changes nothing. Thread rule: any thread.
#pragma once

#include <string_view>

#include "object/document.h"

namespace limen::validation::defaults {

using object::Json;

// Sets `members[key]` when it is absent or null.
void fill(boost::json::object& members, std::string_view key, const Json& value);
// The member as an object, made when absent or null; null when it is something else.
boost::json::object* object_in(boost::json::object& members, std::string_view key);
// The member's objects when it is a list of them; other elements are skipped.
template <typename Visit>
void each_object(boost::json::object& members, std::string_view key, Visit visit) {
  Json* list = members.if_contains(key);
  if (!list || !list->is_array()) return;
  for (Json& element : list->get_array()) {
    if (boost::json::object* object = element.if_object()) visit(*object);
  }
}

// Amounts of resources under `key`: kept to the thousandth, rounded up.
void whole_milli(boost::json::object& members, std::string_view key);

// pod.cpp. What every pod spec gets, in pods and in templates.
void pod_spec(boost::json::object& spec);
// The template of a workload: metadata stays, the spec is defaulted.
void pod_template(boost::json::object& workload_spec);
// Sources of volumes, of pods and of persistent volumes.
void volume_sources(boost::json::object& members);
void pod(boost::json::object& object);
void pod_template_object(boost::json::object& object);

// workloads.cpp
void deployment(boost::json::object& object);
void replica_set(boost::json::object& object);
void stateful_set(boost::json::object& object);
void daemon_set(boost::json::object& object);
void replication_controller(boost::json::object& object);

// batch.cpp
void job(boost::json::object& object);
void cron_job(boost::json::object& object);

// core.cpp
void service(boost::json::object& object);
void secret(boost::json::object& object);
void namespace_object(boost::json::object& object);
void persistent_volume(boost::json::object& object);
void persistent_volume_claim(boost::json::object& object);
// A claim's template, of a pod: its spec alone.
void claim_template(boost::json::object& object);
void event(boost::json::object& object);
void limit_range(boost::json::object& object);
void resource_quota(boost::json::object& object);
void node(boost::json::object& object);
void endpoints(boost::json::object& object);

// admission_policies.cpp
void admission_policy(boost::json::object& object);  // validating and mutating ones
void admission_policy_binding(boost::json::object& object);

// devices.cpp
void resource_claim(boost::json::object& object);
void resource_claim_template(boost::json::object& object);
void resource_slice(boost::json::object& object);
void device_taint_rule(boost::json::object& object);
void pod_certificate_request(boost::json::object& object);

// flow_control.cpp
void flow_schema(boost::json::object& object);
void priority_level(boost::json::object& object);

// rbac.cpp
void role_binding(boost::json::object& object);

// others.cpp
void ingress(boost::json::object& object);
void network_policy(boost::json::object& object);
void storage_class(boost::json::object& object);
void priority_class(boost::json::object& object);
void autoscaler(boost::json::object& object);
void endpoint_slice(boost::json::object& object);
void ingress_class(boost::json::object& object);
void csi_driver(boost::json::object& object);
void validating_webhooks(boost::json::object& object);
void mutating_webhooks(boost::json::object& object);
void api_service(boost::json::object& object);
void custom_resource_definition(boost::json::object& object);

}  // namespace limen::validation::defaults
