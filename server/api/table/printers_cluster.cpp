// The cluster's own things: namespaces, nodes, events, config maps, secrets, accounts, leases.
#include <algorithm>
#include <set>

#include "api/table/printer.h"
#include "base/strings.h"
#include "object/metadata.h"

namespace limen::api {
namespace {

using object::Json;

constexpr Column kDataColumns[] = {kNameColumn, text_column("Data"), kAgeColumn};
constexpr Column kSecretColumns[] = {kNameColumn, text_column("Type"), text_column("Data"),
                                     kAgeColumn};
constexpr Column kStatusColumns[] = {kNameColumn, text_column("Status"), kAgeColumn};
constexpr Column kNameAgeColumns[] = {kNameColumn, kAgeColumn};
constexpr Column kNodeColumns[] = {kNameColumn,
                                   text_column("Status"),
                                   text_column("Roles"),
                                   kAgeColumn,
                                   text_column("Version"),
                                   text_column("Internal-IP", 1),
                                   text_column("External-IP", 1),
                                   text_column("OS-Image", 1),
                                   text_column("Kernel-Version", 1),
                                   text_column("Container-Runtime", 1)};
constexpr Column kEventColumns[] = {text_column("Last Seen"),    text_column("Type"),
                                    text_column("Reason"),       text_column("Object"),
                                    text_column("Subobject", 1), text_column("Source", 1),
                                    text_column("Message"),      text_column("First Seen", 1),
                                    text_column("Count", 1),     text_column("Name", 1)};
constexpr Column kQuotaColumns[] = {kNameColumn, text_column("Request"), text_column("Limit"),
                                    kAgeColumn};
constexpr Column kComponentColumns[] = {kNameColumn, text_column("Status"), text_column("Message"),
                                        text_column("Error")};
constexpr Column kLeaseColumns[] = {kNameColumn, text_column("Holder"), kAgeColumn};
constexpr Column kCandidateColumns[] = {kNameColumn, text_column("LeaseName"),
                                        text_column("BinaryVersion"),
                                        text_column("EmulationVersion"), kAgeColumn};

void print_config_map(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.number(size_in(object, {"data"}) + size_in(object, {"binaryData"}));
  cells.age(object);
}

void print_secret(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(object::text_at(object, "type"));
  cells.number(size_in(object, {"data"}));
  cells.age(object);
}

void print_namespace(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(text_in(object, {"status", "phase"}));
  cells.age(object);
}

void print_name_age(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.age(object);
}

std::string node_status(const Json& node) {
  const std::string_view ready = condition_status(node, "Ready");
  std::string out = ready.empty() ? "Unknown" : ready == "True" ? "Ready" : "NotReady";
  if (boolean_in(node, {"spec", "unschedulable"})) out += ",SchedulingDisabled";
  return out;
}

// Roles are told by labels: node-role.kubernetes.io/ROLE and kubernetes.io/role=ROLE.
std::string node_roles(const Json& node) {
  static constexpr std::string_view kPrefix = "node-role.kubernetes.io/";
  std::set<std::string> roles;
  for (const auto& [key, value] : object::labels(node)) {
    if (key.starts_with(kPrefix) && key.size() > kPrefix.size()) {
      roles.insert(key.substr(kPrefix.size()));
    } else if (key == "kubernetes.io/role" && !value.empty()) {
      roles.insert(value);
    }
  }
  if (roles.empty()) return "<none>";
  return base::join({roles.begin(), roles.end()}, ",");
}

std::string_view node_address(const Json& node, std::string_view type) {
  for (const Json& address : list_in(node, {"status", "addresses"})) {
    if (object::text_at(address, "type") == type) return object::text_at(address, "address");
  }
  return "<none>";
}

void print_node(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(node_status(object));
  cells.text(node_roles(object));
  cells.age(object);
  cells.text(text_in(object, {"status", "nodeInfo", "kubeletVersion"}));
  cells.text(node_address(object, "InternalIP"));
  cells.text(node_address(object, "ExternalIP"));
  cells.text_or(text_in(object, {"status", "nodeInfo", "osImage"}), "<unknown>");
  cells.text_or(text_in(object, {"status", "nodeInfo", "kernelVersion"}), "<unknown>");
  cells.text_or(text_in(object, {"status", "nodeInfo", "containerRuntimeVersion"}), "<unknown>");
}

std::string_view first_of(std::string_view first, std::string_view second) {
  return first.empty() ? second : first;
}

// An event in either of its two forms: core/v1 and events.k8s.io/v1 name the same facts
// differently.
struct EventFacts {
  const Json* object;
  std::string_view first_seen, last_seen, message, component, host;
  std::int64_t count;
};

EventFacts read_event(const Json& event) {
  EventFacts facts{};
  facts.object = object::member(event, "involvedObject");
  if (facts.object == nullptr) facts.object = object::member(event, "regarding");
  facts.first_seen = first_of(first_of(object::text_at(event, "firstTimestamp"),
                                       object::text_at(event, "deprecatedFirstTimestamp")),
                              object::text_at(event, "eventTime"));
  facts.last_seen = first_of(first_of(object::text_at(event, "lastTimestamp"),
                                      object::text_at(event, "deprecatedLastTimestamp")),
                             facts.first_seen);
  facts.count = number_in(event, {"count"}, number_in(event, {"deprecatedCount"}));
  const Json* series = object::member(event, "series");
  if (series != nullptr && series->is_object()) {
    facts.last_seen = object::text_at(*series, "lastObservedTime");
    facts.count = number_in(*series, {"count"});
  } else if (facts.count == 0) {
    facts.count = 1;
  }
  facts.message = first_of(object::text_at(event, "message"), object::text_at(event, "note"));
  facts.component = first_of(first_of(text_in(event, {"source", "component"}),
                                      text_in(event, {"deprecatedSource", "component"})),
                             first_of(object::text_at(event, "reportingComponent"),
                                      object::text_at(event, "reportingController")));
  facts.host = first_of(
      first_of(text_in(event, {"source", "host"}), text_in(event, {"deprecatedSource", "host"})),
      object::text_at(event, "reportingInstance"));
  return facts;
}

void print_event(Cells& cells, const Json& object) {
  const EventFacts facts = read_event(object);
  const Json none;
  const Json& subject = facts.object == nullptr ? none : *facts.object;
  cells.since(facts.last_seen);
  cells.text(object::text_at(object, "type"));
  cells.text(object::text_at(object, "reason"));
  std::string target = base::to_lower(object::text_at(subject, "kind"));
  const std::string_view name = object::text_at(subject, "name");
  if (!name.empty()) target += "/" + std::string(name);
  cells.text(target);
  cells.text(object::text_at(subject, "fieldPath"));
  std::string source(facts.component);
  if (!facts.host.empty()) source += ", " + std::string(facts.host);
  cells.text(source);
  cells.text(base::trim(facts.message));
  cells.since(facts.first_seen);
  cells.number(facts.count);
  cells.text(object::name(object));
}

void print_quota(Cells& cells, const Json& object) {
  std::vector<std::string> requests, limits;
  const Json* hard = object::find(object, {"status", "hard"});
  std::vector<std::string> names;
  if (hard != nullptr && hard->is_object()) {
    for (const auto& entry : hard->as_object()) names.emplace_back(entry.key());
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const std::string used = scalar_in(object, {"status", "used", name});
    std::vector<std::string>& column = name.starts_with("limits") ? limits : requests;
    column.push_back(name + ": " + (used.empty() ? "0" : used) + "/" +
                     scalar_in(object, {"status", "hard", name}));
  }
  cells.text(object::name(object));
  cells.text(base::join(requests, ", "));
  cells.text(base::join(limits, ", "));
  cells.age(object);
}

void print_component(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  for (const Json& condition : list_in(object, {"conditions"})) {
    if (object::text_at(condition, "type") != "Healthy") continue;
    cells.text(object::text_at(condition, "status") == "True" ? "Healthy" : "Unhealthy");
    cells.text(object::text_at(condition, "message"));
    cells.text(object::text_at(condition, "error"));
    return;
  }
  cells.text("Unknown");
  cells.text("");
  cells.text("");
}

void print_lease(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(text_in(object, {"spec", "holderIdentity"}));
  cells.age(object);
}

void print_candidate(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(text_in(object, {"spec", "leaseName"}));
  cells.text(text_in(object, {"spec", "binaryVersion"}));
  cells.text(text_in(object, {"spec", "emulationVersion"}));
  cells.age(object);
}

constexpr Printer kPrinters[] = {
    {"", "configmaps", kDataColumns, print_config_map},
    {"", "secrets", kSecretColumns, print_secret},
    {"", "namespaces", kStatusColumns, print_namespace},
    {"", "serviceaccounts", kNameAgeColumns, print_name_age},
    {"", "nodes", kNodeColumns, print_node},
    {"", "events", kEventColumns, print_event},
    {"events.k8s.io", "events", kEventColumns, print_event},
    {"", "resourcequotas", kQuotaColumns, print_quota},
    {"", "componentstatuses", kComponentColumns, print_component},
    {"coordination.k8s.io", "leases", kLeaseColumns, print_lease},
    {"coordination.k8s.io", "leasecandidates", kCandidateColumns, print_candidate},
    {"resource.k8s.io", "deviceclasses", kNameAgeColumns, print_name_age},
    {"resource.k8s.io", "resourceclaimtemplates", kNameAgeColumns, print_name_age},
    {"scheduling.k8s.io", "workloads", kNameAgeColumns, print_name_age}};

}  // namespace

std::span<const Printer> cluster_printers() { return kPrinters; }

}  // namespace limen::api
