// Who may what, and how much: bindings, certificates, webhooks, policies, priorities, autoscalers.
#include <algorithm>

#include "api/table/printer.h"
#include "base/strings.h"
#include "object/metadata.h"

namespace limen::api {
namespace {

using object::Json;

constexpr Column kBindingColumns[] = {kNameColumn,
                                      text_column("Role"),
                                      kAgeColumn,
                                      text_column("Users", 1),
                                      text_column("Groups", 1),
                                      text_column("ServiceAccounts", 1)};
constexpr Column kRequestColumns[] = {kNameColumn,
                                      kAgeColumn,
                                      text_column("SignerName"),
                                      text_column("Requestor"),
                                      text_column("RequestedDuration"),
                                      text_column("Condition")};
constexpr Column kBundleColumns[] = {kNameColumn, text_column("SignerName")};
constexpr Column kPodRequestColumns[] = {kNameColumn,
                                         text_column("PodName"),
                                         text_column("ServiceAccountName"),
                                         text_column("NodeName"),
                                         text_column("SignerName"),
                                         text_column("State"),
                                         text_column("UnverifiedUserAnnotations")};
constexpr Column kWebhookColumns[] = {kNameColumn, integer_column("Webhooks"), kAgeColumn};
constexpr Column kValidatingColumns[] = {kNameColumn, integer_column("Validations"),
                                         text_column("ParamKind"), kAgeColumn};
constexpr Column kMutatingColumns[] = {kNameColumn, integer_column("Mutations"),
                                       text_column("ParamKind"), kAgeColumn};
constexpr Column kPolicyBindingColumns[] = {kNameColumn, text_column("PolicyName"),
                                            text_column("ParamRef"), kAgeColumn};
constexpr Column kFlowColumns[] = {kNameColumn,
                                   text_column("PriorityLevel"),
                                   text_column("MatchingPrecedence"),
                                   text_column("DistinguisherMethod"),
                                   kAgeColumn,
                                   text_column("MissingPL")};
constexpr Column kLevelColumns[] = {kNameColumn,
                                    text_column("Type"),
                                    text_column("NominalConcurrencyShares"),
                                    text_column("Queues"),
                                    text_column("HandSize"),
                                    text_column("QueueLengthLimit"),
                                    kAgeColumn};
constexpr Column kDisruptionColumns[] = {kNameColumn, text_column("Min Available"),
                                         text_column("Max Unavailable"),
                                         integer_column("Allowed Disruptions"), kAgeColumn};
constexpr Column kPriorityColumns[] = {kNameColumn, integer_column("Value"),
                                       boolean_column("Global-Default"), kAgeColumn,
                                       text_column("PreemptionPolicy")};
constexpr Column kRuntimeColumns[] = {kNameColumn, text_column("Handler"), kAgeColumn};
constexpr Column kServiceColumns[] = {kNameColumn, text_column("Service"), text_column("Available"),
                                      kAgeColumn};

std::string subjects(const Json& binding, std::string_view kind) {
  std::vector<std::string> names;
  for (const Json& subject : list_in(binding, {"subjects"})) {
    if (object::text_at(subject, "kind") != kind) continue;
    std::string name(object::text_at(subject, "name"));
    const std::string_view ns = object::text_at(subject, "namespace");
    // A service account without a namespace is told by its name alone.
    if (kind == "ServiceAccount" && !ns.empty()) name = std::string(ns) + "/" + name;
    names.push_back(std::move(name));
  }
  return base::join(names, ", ");
}

void print_binding(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(std::string(text_in(object, {"roleRef", "kind"})) + "/" +
             std::string(text_in(object, {"roleRef", "name"})));
  cells.age(object);
  for (const std::string_view kind : {"User", "Group", "ServiceAccount"}) {
    cells.text(subjects(object, kind));
  }
}

std::string request_condition(const Json& request) {
  bool approved = false, denied = false, failed = false;
  for (const Json& condition : list_in(request, {"status", "conditions"})) {
    const std::string_view type = object::text_at(condition, "type");
    approved = approved || type == "Approved";
    denied = denied || type == "Denied";
    failed = failed || type == "Failed";
  }
  std::string out = denied ? "Denied" : approved ? "Approved" : "Pending";
  if (failed) out += ",Failed";
  if (!text_in(request, {"status", "certificate"}).empty()) out += ",Issued";
  return out;
}

void print_request(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.age(object);
  cells.text_or(text_in(object, {"spec", "signerName"}), "<none>");
  cells.text(text_in(object, {"spec", "username"}));
  const std::int64_t seconds = number_in(object, {"spec", "expirationSeconds"}, -1);
  cells.text(seconds < 0 ? "<none>" : base::human_duration(std::chrono::seconds(seconds)));
  cells.text(request_condition(object));
}

void print_bundle(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text_or(text_in(object, {"spec", "signerName"}), "<none>");
}

void print_pod_request(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  for (const std::string_view member :
       {"podName", "serviceAccountName", "nodeName", "signerName"}) {
    cells.text(text_in(object, {"spec", member}));
  }
  std::string_view state = "Pending";
  for (const std::string_view type : {"Issued", "Denied", "Failed"}) {
    if (condition_status(object, type) == "True") state = type;
  }
  cells.text(state);
  cells.text(labels_text(object::find(object, {"spec", "unverifiedUserAnnotations"})));
}

void print_webhooks(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.number(size_in(object, {"webhooks"}));
  cells.age(object);
}

void print_parameter_kind(Cells& cells, const Json& object) {
  const Json* kind = object::find(object, {"spec", "paramKind"});
  cells.text(kind == nullptr ? "<unset>"
                             : std::string(object::text_at(*kind, "apiVersion")) + "/" +
                                   std::string(object::text_at(*kind, "kind")));
}

void print_validating_policy(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.number(size_in(object, {"spec", "validations"}));
  print_parameter_kind(cells, object);
  cells.age(object);
}

void print_mutating_policy(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.number(size_in(object, {"spec", "mutations"}));
  print_parameter_kind(cells, object);
  cells.age(object);
}

void print_policy_binding(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(text_in(object, {"spec", "policyName"}));
  std::string reference = "<unset>";
  const Json* parameters = object::find(object, {"spec", "paramRef"});
  if (parameters != nullptr) {
    const std::string_view ns = object::text_at(*parameters, "namespace");
    const std::string_view name = object::text_at(*parameters, "name");
    reference = (ns.empty() ? "*" : std::string(ns)) + "/" + std::string(name);
    if (name.empty()) reference = selector_text(object::member(*parameters, "selector"));
  }
  cells.text(reference);
  cells.age(object);
}

void print_flow(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(text_in(object, {"spec", "priorityLevelConfiguration", "name"}));
  cells.number(number_in(object, {"spec", "matchingPrecedence"}));
  cells.text_or(text_in(object, {"spec", "distinguisherMethod", "type"}), "<none>");
  cells.age(object);
  cells.text_or(condition_status(object, "Dangling"), "?");
}

// A number where there is one; the column is text for the sake of the others.
void print_number_or_none(Cells& cells, const Json& object, Path path) {
  if (object::find(object, path) == nullptr) {
    cells.text("<none>");
  } else {
    cells.number(number_in(object, path));
  }
}

void print_level(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(text_in(object, {"spec", "type"}));
  print_number_or_none(cells, object, {"spec", "limited", "nominalConcurrencyShares"});
  for (const std::string_view member : {"queues", "handSize", "queueLengthLimit"}) {
    print_number_or_none(cells, object, {"spec", "limited", "limitResponse", "queuing", member});
  }
  cells.age(object);
}

void print_disruption(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text_or(scalar_in(object, {"spec", "minAvailable"}), "N/A");
  cells.text_or(scalar_in(object, {"spec", "maxUnavailable"}), "N/A");
  cells.number(number_in(object, {"status", "disruptionsAllowed"}));
  cells.age(object);
}

void print_priority(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.number(number_in(object, {"value"}));
  cells.boolean(boolean_in(object, {"globalDefault"}));
  cells.age(object);
  cells.text(object::text_at(object, "preemptionPolicy"));
}

void print_runtime(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(object::text_at(object, "handler"));
  cells.age(object);
}

std::string service_availability(const Json& object) {
  for (const Json& condition : list_in(object, {"status", "conditions"})) {
    if (object::text_at(condition, "type") != "Available") continue;
    const std::string status(object::text_at(condition, "status"));
    if (status == "True") return status;
    return status + " (" + std::string(object::text_at(condition, "reason")) + ")";
  }
  return "Unknown";
}

void print_service(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  const Json* service = object::find(object, {"spec", "service"});
  cells.text(service == nullptr ? "Local"
                                : std::string(object::text_at(*service, "namespace")) + "/" +
                                      std::string(object::text_at(*service, "name")));
  cells.text(service_availability(object));
  cells.age(object);
}

constexpr std::string_view kAdmission = "admissionregistration.k8s.io";
constexpr std::string_view kFlowControl = "flowcontrol.apiserver.k8s.io";
constexpr Printer kPrinters[] = {
    {"rbac.authorization.k8s.io", "rolebindings", kBindingColumns, print_binding},
    {"rbac.authorization.k8s.io", "clusterrolebindings", kBindingColumns, print_binding},
    {"certificates.k8s.io", "certificatesigningrequests", kRequestColumns, print_request},
    {"certificates.k8s.io", "clustertrustbundles", kBundleColumns, print_bundle},
    {"certificates.k8s.io", "podcertificaterequests", kPodRequestColumns, print_pod_request},
    {kAdmission, "mutatingwebhookconfigurations", kWebhookColumns, print_webhooks},
    {kAdmission, "validatingwebhookconfigurations", kWebhookColumns, print_webhooks},
    {kAdmission, "validatingadmissionpolicies", kValidatingColumns, print_validating_policy},
    {kAdmission, "mutatingadmissionpolicies", kMutatingColumns, print_mutating_policy},
    {kAdmission, "validatingadmissionpolicybindings", kPolicyBindingColumns, print_policy_binding},
    {kAdmission, "mutatingadmissionpolicybindings", kPolicyBindingColumns, print_policy_binding},
    {kFlowControl, "flowschemas", kFlowColumns, print_flow},
    {kFlowControl, "prioritylevelconfigurations", kLevelColumns, print_level},
    {"policy", "poddisruptionbudgets", kDisruptionColumns, print_disruption},
    {"scheduling.k8s.io", "priorityclasses", kPriorityColumns, print_priority},
    {"node.k8s.io", "runtimeclasses", kRuntimeColumns, print_runtime},
    {"apiregistration.k8s.io", "apiservices", kServiceColumns, print_service}};

}  // namespace

std::span<const Printer> policy_printers() { return kPrinters; }

}  // namespace limen::api
