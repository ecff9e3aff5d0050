// Workloads: deployments, replica sets, stateful sets, daemon sets, jobs and what scales them.
#include "api/table/printer.h"
#include "object/metadata.h"

namespace limen::api {
namespace {

using object::Json;

constexpr Column kContainers = text_column("Containers", 1);
constexpr Column kImages = text_column("Images", 1);
constexpr Column kSelector = text_column("Selector", 1);

constexpr Column kDeploymentColumns[] = {kNameColumn,
                                         text_column("Ready"),
                                         text_column("Up-to-date"),
                                         text_column("Available"),
                                         kAgeColumn,
                                         kContainers,
                                         kImages,
                                         kSelector};
constexpr Column kReplicaColumns[] = {kNameColumn,
                                      integer_column("Desired"),
                                      integer_column("Current"),
                                      integer_column("Ready"),
                                      kAgeColumn,
                                      kContainers,
                                      kImages,
                                      kSelector};
constexpr Column kStatefulSetColumns[] = {kNameColumn, text_column("Ready"), kAgeColumn,
                                          kContainers, kImages};
constexpr Column kDaemonSetColumns[] = {kNameColumn,
                                        integer_column("Desired"),
                                        integer_column("Current"),
                                        integer_column("Ready"),
                                        integer_column("Up-to-date"),
                                        integer_column("Available"),
                                        text_column("Node Selector"),
                                        kAgeColumn,
                                        kContainers,
                                        kImages,
                                        kSelector};
constexpr Column kJobColumns[] = {kNameColumn,
                                  text_column("Status"),
                                  text_column("Completions"),
                                  text_column("Duration"),
                                  kAgeColumn,
                                  kContainers,
                                  kImages,
                                  kSelector};
constexpr Column kCronJobColumns[] = {kNameColumn,
                                      text_column("Schedule"),
                                      text_column("Timezone"),
                                      boolean_column("Suspend"),
                                      integer_column("Active"),
                                      text_column("Last Schedule"),
                                      kAgeColumn,
                                      kContainers,
                                      kImages,
                                      kSelector};
constexpr Column kRevisionColumns[] = {kNameColumn, text_column("Controller"),
                                       text_column("Revision"), kAgeColumn};

void print_containers(Cells& cells, const Json& object, Path containers) {
  const Json* list = object::find(object, containers);
  cells.text(container_names(list));
  cells.text(container_images(list));
}

void print_template_containers(Cells& cells, const Json& object) {
  print_containers(cells, object, {"spec", "template", "spec", "containers"});
}

std::string ratio(std::int64_t have, std::int64_t want) {
  return std::to_string(have) + "/" + std::to_string(want);
}

void print_deployment(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(ratio(number_in(object, {"status", "readyReplicas"}),
                   number_in(object, {"spec", "replicas"})));
  cells.number(number_in(object, {"status", "updatedReplicas"}));
  cells.number(number_in(object, {"status", "availableReplicas"}));
  cells.age(object);
  print_template_containers(cells, object);
  cells.text(selector_text(object::find(object, {"spec", "selector"})));
}

void print_replicas(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.number(number_in(object, {"spec", "replicas"}));
  cells.number(number_in(object, {"status", "replicas"}));
  cells.number(number_in(object, {"status", "readyReplicas"}));
  cells.age(object);
  print_template_containers(cells, object);
}

void print_replica_set(Cells& cells, const Json& object) {
  print_replicas(cells, object);
  cells.text(selector_text(object::find(object, {"spec", "selector"})));
}

void print_replication_controller(Cells& cells, const Json& object) {
  print_replicas(cells, object);
  cells.text(labels_text(object::find(object, {"spec", "selector"})));
}

void print_stateful_set(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(ratio(number_in(object, {"status", "readyReplicas"}),
                   number_in(object, {"spec", "replicas"})));
  cells.age(object);
  print_template_containers(cells, object);
}

void print_daemon_set(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.number(number_in(object, {"status", "desiredNumberScheduled"}));
  cells.number(number_in(object, {"status", "currentNumberScheduled"}));
  cells.number(number_in(object, {"status", "numberReady"}));
  cells.number(number_in(object, {"status", "updatedNumberScheduled"}));
  cells.number(number_in(object, {"status", "numberAvailable"}));
  cells.text(labels_text(object::find(object, {"spec", "template", "spec", "nodeSelector"})));
  cells.age(object);
  print_template_containers(cells, object);
  cells.text(selector_text(object::find(object, {"spec", "selector"})));
}

std::string_view job_status(const Json& job) {
  if (condition_status(job, "Complete") == "True") return "Complete";
  if (condition_status(job, "Failed") == "True") return "Failed";
  if (!object::deletion_timestamp(job).empty()) return "Terminating";
  for (const std::string_view type : {"Suspended", "FailureTarget", "SuccessCriteriaMet"}) {
    if (condition_status(job, type) == "True") return type;
  }
  return "Running";
}

std::string job_completions(const Json& job) {
  const std::int64_t succeeded = number_in(job, {"status", "succeeded"});
  if (object::find(job, {"spec", "completions"}) != nullptr) {
    return ratio(succeeded, number_in(job, {"spec", "completions"}));
  }
  const std::int64_t parallelism = number_in(job, {"spec", "parallelism"});
  const std::string one = ratio(succeeded, 1);
  return parallelism > 1 ? one + " of " + std::to_string(parallelism) : one;
}

std::string job_duration(const Cells& cells, const Json& job) {
  const auto start = base::parse_time(text_in(job, {"status", "startTime"}));
  if (!start) return "";
  const auto end = base::parse_time(text_in(job, {"status", "completionTime"}));
  return base::human_duration(
      std::chrono::duration_cast<std::chrono::seconds>(end.value_or(cells.now()) - *start));
}

void print_job(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(job_status(object));
  cells.text(job_completions(object));
  cells.text(job_duration(cells, object));
  cells.age(object);
  print_template_containers(cells, object);
  cells.text(selector_text(object::find(object, {"spec", "selector"})));
}

void print_cron_job(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(text_in(object, {"spec", "schedule"}));
  cells.text_or(text_in(object, {"spec", "timeZone"}), "<none>");
  // A boolean column whose cells are words, as Kubernetes has it.
  const Json* suspend = object::find(object, {"spec", "suspend"});
  cells.text(suspend == nullptr                        ? "<unset>"
             : boolean_in(object, {"spec", "suspend"}) ? "True"
                                                       : "False");
  cells.number(size_in(object, {"status", "active"}));
  const std::string_view last = text_in(object, {"status", "lastScheduleTime"});
  cells.text(last.empty() ? "<none>" : cells.elapsed(last));
  cells.age(object);
  print_containers(cells, object,
                   {"spec", "jobTemplate", "spec", "template", "spec", "containers"});
  cells.text(selector_text(object::find(object, {"spec", "jobTemplate", "spec", "selector"})));
}

// kind.group/name of the controlling owner.
std::string controller_text(const Json& object) {
  for (const Json& owner : list_in(object, {"metadata", "ownerReferences"})) {
    if (!boolean_in(owner, {"controller"})) continue;
    const auto parts = object::split_api_version(object::text_at(owner, "apiVersion"));
    std::string kind(object::text_at(owner, "kind"));
    for (char& c : kind) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (!parts.group.empty()) kind += "." + std::string(parts.group);
    return kind + "/" + std::string(object::text_at(owner, "name"));
  }
  return "<none>";
}

void print_revision(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(controller_text(object));
  cells.number(number_in(object, {"revision"}));
  cells.age(object);
}

constexpr Printer kPrinters[] = {
    {"apps", "deployments", kDeploymentColumns, print_deployment},
    {"apps", "replicasets", kReplicaColumns, print_replica_set},
    {"", "replicationcontrollers", kReplicaColumns, print_replication_controller},
    {"apps", "statefulsets", kStatefulSetColumns, print_stateful_set},
    {"apps", "daemonsets", kDaemonSetColumns, print_daemon_set},
    {"apps", "controllerrevisions", kRevisionColumns, print_revision},
    {"batch", "jobs", kJobColumns, print_job},
    {"batch", "cronjobs", kCronJobColumns, print_cron_job}};

}  // namespace

std::span<const Printer> workload_printers() { return kPrinters; }

}  // namespace limen::api
