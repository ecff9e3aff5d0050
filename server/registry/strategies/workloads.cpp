// Strategies of apps, batch, autoscaling and policy.
#include <array>
#include <string>

#include "object/metadata.h"
#include "registry/strategy.h"

namespace limen::registry {

namespace {

using object::Json;

// jobs: unless the client manages the selector itself, pods are told apart by the job's own uid.
void prepare_job_create(Json& job, const request::Identity&) {
  const Json* manual = object::find(job, {"spec", "manualSelector"});
  if (manual && manual->is_bool() && manual->get_bool()) return;
  const std::string uid(object::uid(job));
  const std::string name(object::name(job));
  boost::json::object& spec = object::object_at(job, "spec");
  Json& job_template = spec["template"];
  if (!job_template.is_object()) job_template.emplace_object();
  boost::json::object& metadata = object::metadata(job_template);
  Json& labels = metadata["labels"];
  if (!labels.is_object()) labels.emplace_object();
  for (const char* key : {"controller-uid", "batch.kubernetes.io/controller-uid"})
    labels.get_object()[key] = uid;
  for (const char* key : {"job-name", "batch.kubernetes.io/job-name"})
    labels.get_object()[key] = name;
  Json& selector = spec["selector"];
  if (!selector.is_object()) selector.emplace_object();
  object::object_at(selector, "matchLabels")["batch.kubernetes.io/controller-uid"] = uid;
}

constexpr std::array kStrategies = {
    Strategy{.group = "apps",
             .resource = "deployments",
             .counts_generation = true,
             .annotations_count = true,
             .status_keeps_labels = true},
    Strategy{.group = "apps",
             .resource = "replicasets",
             .counts_generation = true,
             .initial_status = R"({"replicas":0})"},
    Strategy{.group = "apps",
             .resource = "statefulsets",
             .counts_generation = true,
             .initial_status = R"({"replicas":0,"availableReplicas":0})"},
    Strategy{
        .group = "apps",
        .resource = "daemonsets",
        .counts_generation = true,
        .initial_status =
            R"({"currentNumberScheduled":0,"numberMisscheduled":0,"desiredNumberScheduled":0,"numberReady":0})"},
    Strategy{.group = "batch",
             .resource = "jobs",
             .counts_generation = true,
             .orphans_dependents = true,
             .prepare_create = prepare_job_create},
    Strategy{.group = "batch", .resource = "cronjobs", .counts_generation = true},
    Strategy{.group = "autoscaling",
             .resource = "horizontalpodautoscalers",
             .initial_status = R"({"desiredReplicas":0})"},
    Strategy{
        .group = "policy",
        .resource = "poddisruptionbudgets",
        .unconditional_update = false,
        .counts_generation = true,
        .initial_status =
            R"({"disruptionsAllowed":0,"currentHealthy":0,"desiredHealthy":0,"expectedPods":0})"},
};

}  // namespace

std::span<const Strategy> workload_strategies() { return kStrategies; }

}  // namespace limen::registry
