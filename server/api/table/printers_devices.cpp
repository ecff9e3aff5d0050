// What is measured and handed out: autoscalers, devices, claims, pod groups, migrations.
#include <algorithm>

#include "api/table/printer.h"
#include "base/strings.h"
#include "object/metadata.h"

namespace limen::api {
namespace {

using object::Json;

// How many metrics an autoscaler's cell shows.
constexpr std::size_t kMostMetrics = 2;

constexpr Column kAutoscalerColumns[] = {kNameColumn,
                                         text_column("Reference"),
                                         text_column("Targets"),
                                         text_column("MinPods"),
                                         text_column("MaxPods"),
                                         text_column("Replicas"),
                                         kAgeColumn};
constexpr Column kClaimColumns[] = {kNameColumn, text_column("State"), kAgeColumn};
constexpr Column kSliceColumns[] = {kNameColumn, text_column("Node"), text_column("Driver"),
                                    text_column("Pool"), kAgeColumn};
constexpr Column kPoolColumns[] = {kNameColumn,
                                   text_column("Driver"),
                                   text_column("Total"),
                                   text_column("Available"),
                                   text_column("Allocated"),
                                   text_column("Unavailable"),
                                   text_column("Errors"),
                                   integer_column("Pools"),
                                   text_column("Status"),
                                   text_column("Completed")};
constexpr Column kTaintColumns[] = {
    kNameColumn,           text_column("Key"),       text_column("Value"),
    text_column("Effect"), text_column("TimeAdded"), kAgeColumn};
constexpr Column kGroupColumns[] = {kNameColumn, text_column("Policy"), text_column("Workload"),
                                    text_column("Status"), kAgeColumn};
constexpr Column kMigrationColumns[] = {text_column("Name"), text_column("Resource"),
                                        text_column("Status")};
constexpr Column kVersionColumns[] = {kNameColumn, text_column("CommonEncodingVersion"),
                                      text_column("StorageVersions"), kAgeColumn};

std::string percent_or(const Json* value, std::string_view path, std::string_view otherwise) {
  const std::string text = value == nullptr ? "" : scalar_in(*value, {path});
  return text.empty() ? std::string(otherwise) : text + "%";
}

std::string text_or(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}

// The part of a metric (or of its status) that its type names: Resource -> resource.
std::string part_of(std::string_view type) {
  std::string name(type);
  if (!name.empty()) name[0] = static_cast<char>(name[0] | 0x20);
  return name;
}

// current/target of one metric; `status` is the matching entry of status.currentMetrics or null.
std::string metric_text(const Json& metric, const Json* status) {
  const std::string part = part_of(object::text_at(metric, "type"));
  const Json* target = object::find(metric, {part, "target"});
  const Json* current = status == nullptr ? nullptr : object::find(*status, {part, "current"});
  if (target == nullptr) return "<unknown type>";
  const auto have = [current](std::string_view member) {
    return text_or(current == nullptr ? "" : scalar_in(*current, {member}), "<unknown>");
  };
  const std::string average = scalar_in(*target, {"averageValue"});
  if (part == "resource" || part == "containerResource") {
    const std::string prefix = std::string(text_in(metric, {part, "name"})) + ": ";
    if (!average.empty()) return prefix + have("averageValue") + "/" + average;
    return prefix + percent_or(current, "averageUtilization", "<unknown>") + "/" +
           percent_or(target, "averageUtilization", "<auto>");
  }
  if (part == "pods") return have("averageValue") + "/" + average;
  if (!average.empty()) return have("averageValue") + "/" + average + " (avg)";
  return have("value") + "/" + scalar_in(*target, {"value"});
}

std::string autoscaler_targets(const Json& object) {
  std::vector<std::string> texts;
  const auto metrics = list_in(object, {"spec", "metrics"});
  const auto statuses = list_in(object, {"status", "currentMetrics"});
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    texts.push_back(metric_text(metrics[i], i < statuses.size() ? &statuses[i] : nullptr));
  }
  // autoscaling/v1 has one target.
  const Json* spec = object::member(object, "spec");
  const std::string target = percent_or(spec, "targetCPUUtilizationPercentage", "");
  if (texts.empty() && !target.empty()) {
    const Json* status = object::member(object, "status");
    texts.push_back("cpu: " + percent_or(status, "currentCPUUtilizationPercentage", "<unknown>") +
                    "/" + target);
  }
  return texts.empty() ? "<none>" : some_of(texts, kMostMetrics, ", ");
}

void print_autoscaler(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(std::string(text_in(object, {"spec", "scaleTargetRef", "kind"})) + "/" +
             std::string(text_in(object, {"spec", "scaleTargetRef", "name"})));
  cells.text(autoscaler_targets(object));
  cells.text_or(scalar_in(object, {"spec", "minReplicas"}), "<unset>");
  cells.number(number_in(object, {"spec", "maxReplicas"}));
  cells.number(number_in(object, {"status", "currentReplicas"}));
  cells.age(object);
}

void print_claim(Cells& cells, const Json& object) {
  std::vector<std::string> states;
  if (!object::deletion_timestamp(object).empty()) states.emplace_back("deleted");
  if (object::find(object, {"status", "allocation"}) == nullptr) {
    if (states.empty()) states.emplace_back("pending");
  } else {
    states.emplace_back("allocated");
    if (size_in(object, {"status", "reservedFor"}) > 0) states.emplace_back("reserved");
  }
  cells.text(object::name(object));
  cells.text(base::join(states, ","));
  cells.age(object);
}

void print_slice(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(text_in(object, {"spec", "nodeName"}));
  cells.text(text_in(object, {"spec", "driver"}));
  cells.text(text_in(object, {"spec", "pool", "name"}));
  cells.age(object);
}

// Sums over the pools of the answer; nothing is known before there is one.
void print_pools(Cells& cells, const Json& object) {
  const auto pools = list_in(object, {"status", "pools"});
  const bool answered = object::find(object, {"status"}) != nullptr;
  cells.text(object::name(object));
  cells.text(text_in(object, {"spec", "driver"}));
  for (const std::string_view member :
       {"totalDevices", "availableDevices", "allocatedDevices", "unavailableDevices"}) {
    std::int64_t sum = 0;
    for (const Json& pool : pools) sum += number_in(pool, {member});
    cells.text(answered ? std::to_string(sum) : "<none>");
  }
  const auto errors = std::count_if(pools.begin(), pools.end(), [](const Json& pool) {
    return !object::text_at(pool, "validationError").empty();
  });
  cells.text(answered ? std::to_string(errors) : "<none>");
  cells.number(number_in(object, {"status", "poolCount"}));
  std::string_view state = "Pending", completed;
  for (const Json& condition : list_in(object, {"status", "conditions"})) {
    if (object::text_at(condition, "status") != "True") continue;
    state = object::text_at(condition, "type");
    completed = object::text_at(condition, "lastTransitionTime");
  }
  cells.text(state);
  cells.text(completed.empty() ? "<none>" : cells.elapsed(completed));
}

void print_taint(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  for (const std::string_view member : {"key", "value", "effect"}) {
    cells.text(text_in(object, {"spec", "taint", member}));
  }
  cells.since(text_in(object, {"spec", "taint", "timeAdded"}));
  cells.age(object);
}

void print_group(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  const bool is_gang = object::find(object, {"spec", "schedulingPolicy", "gang"}) != nullptr;
  const bool is_basic = object::find(object, {"spec", "schedulingPolicy", "basic"}) != nullptr;
  cells.text(is_gang ? "Gang" : is_basic ? "Basic" : "<none>");
  cells.text_or(text_in(object, {"spec", "podGroupTemplateRef", "workload", "workloadName"}),
                "<none>");
  cells.text_or(condition_status(object, "PodGroupScheduled"), "<none>");
  cells.age(object);
}

void print_migration(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  std::string resource(text_in(object, {"spec", "resource", "resource"}));
  const std::string_view group = text_in(object, {"spec", "resource", "group"});
  if (!group.empty()) resource += "." + std::string(group);
  cells.text(resource);
  std::string_view state;
  for (const std::string_view type : {"Running", "Succeeded", "Failed"}) {
    if (condition_status(object, type) == "True") state = type;
  }
  cells.text(state);
}

void print_version(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text_or(text_in(object, {"status", "commonEncodingVersion"}), "<unset>");
  std::vector<std::string> versions;
  for (const Json& version : list_in(object, {"status", "storageVersions"})) {
    versions.push_back(std::string(object::text_at(version, "apiServerID")) + "=" +
                       std::string(object::text_at(version, "encodingVersion")));
  }
  cells.text(versions.empty() ? "<unset>" : some_of(versions, 3));
  cells.age(object);
}

constexpr Printer kPrinters[] = {
    {"autoscaling", "horizontalpodautoscalers", kAutoscalerColumns, print_autoscaler},
    {"resource.k8s.io", "resourceclaims", kClaimColumns, print_claim},
    {"resource.k8s.io", "resourceslices", kSliceColumns, print_slice},
    {"resource.k8s.io", "resourcepoolstatusrequests", kPoolColumns, print_pools},
    {"resource.k8s.io", "devicetaintrules", kTaintColumns, print_taint},
    {"scheduling.k8s.io", "podgroups", kGroupColumns, print_group},
    {"storagemigration.k8s.io", "storageversionmigrations", kMigrationColumns, print_migration},
    {"internal.apiserver.k8s.io", "storageversions", kVersionColumns, print_version}};

}  // namespace

std::span<const Printer> device_printers() { return kPrinters; }

}  // namespace limen::api
