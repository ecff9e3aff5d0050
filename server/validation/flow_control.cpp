#include "validation/flow_control.h"

#include <initializer_list>
#include <string>
#include <utility>

#include "object/metadata.h"

namespace limen::validation {

namespace {

using boost::json::array;
using object::Json;
using Texts = std::initializer_list<std::string_view>;
using Object = boost::json::object;

Json text(std::string_view value) { return Json(boost::json::string_view(value)); }

array list(Texts texts) {
  array made;
  for (const std::string_view one : texts) made.push_back(text(one));
  return made;
}

Json named(std::string_view kind, std::string_view name, Object spec) {
  Json made = Object();
  object::set_type(made, "flowcontrol.apiserver.k8s.io/v1", kind);
  object::set_metadata(made, "name", name);
  object::metadata(made)["annotations"] = Object{{kAutoUpdateKey, "true"}};
  made.get_object()["spec"] = std::move(spec);
  return made;
}

Json level(std::string_view name, Object spec) {
  return named("PriorityLevelConfiguration", name, std::move(spec));
}

struct Queues {
  std::int64_t queues, hand_size, length_limit;
};

// A level that takes `shares`, lends some and, when it is full, queues or refuses.
Json limited(std::string_view name, std::int64_t shares, std::int64_t lendable,
             const Queues* queues) {
  Object response;
  if (queues) {
    response["queuing"] = Object{{"handSize", queues->hand_size},
                                 {"queueLengthLimit", queues->length_limit},
                                 {"queues", queues->queues}};
  }
  response["type"] = queues ? "Queue" : "Reject";
  const Object values{{"lendablePercent", lendable},
                      {"limitResponse", response},
                      {"nominalConcurrencyShares", shares}};
  return level(name, Object{{"limited", values}, {"type", "Limited"}});
}

Json queued(std::string_view name, std::int64_t shares, std::int64_t lendable, Queues queues) {
  return limited(name, shares, lendable, &queues);
}

std::vector<Json> make_levels() {
  std::vector<Json> made;
  const Object nothing{{"lendablePercent", 0}, {"nominalConcurrencyShares", 0}};
  made.push_back(level(kExempt, Object{{"exempt", nothing}, {"type", "Exempt"}}));
  made.push_back(limited(kCatchAll, 5, 0, nullptr));
  made.push_back(queued("system", 30, 33, {64, 6, 50}));
  made.push_back(queued("node-high", 40, 25, {64, 6, 50}));
  made.push_back(queued("leader-election", 10, 0, {16, 4, 50}));
  made.push_back(queued("workload-high", 40, 50, {128, 6, 50}));
  made.push_back(queued("workload-low", 100, 90, {128, 6, 50}));
  made.push_back(queued("global-default", 20, 50, {128, 6, 50}));
  return made;
}

void add_groups(array& subjects, Texts names) {
  for (const std::string_view name : names) {
    subjects.push_back(Object{{"group", Object{{"name", text(name)}}}, {"kind", "Group"}});
  }
}

void add_users(array& subjects, Texts names) {
  for (const std::string_view name : names) {
    subjects.push_back(Object{{"kind", "User"}, {"user", Object{{"name", text(name)}}}});
  }
}

// Service accounts of kube-system.
void add_accounts(array& subjects, Texts names) {
  for (const std::string_view name : names) {
    const Object account{{"name", text(name)}, {"namespace", "kube-system"}};
    subjects.push_back(Object{{"kind", "ServiceAccount"}, {"serviceAccount", account}});
  }
}

Object resource_rule(Texts verbs, Texts groups, Texts resources, Texts namespaces,
                     bool cluster_scope) {
  Object rule{{"apiGroups", list(groups)}};
  if (cluster_scope) rule["clusterScope"] = true;
  if (namespaces.size() > 0) rule["namespaces"] = list(namespaces);
  rule["resources"] = list(resources);
  rule["verbs"] = list(verbs);
  return rule;
}

Object path_rule(Texts verbs, Texts paths) {
  return Object{{"nonResourceURLs", list(paths)}, {"verbs", list(verbs)}};
}

// One rule with these subjects; without resource rules of its own it is for everything there is.
Json schema(std::string_view name, std::string_view level_name, std::int64_t precedence,
            std::string_view distinguisher, array subjects, array resource_rules = {},
            array path_rules = {}) {
  if (resource_rules.empty() && path_rules.empty()) {
    resource_rules.push_back(resource_rule({"*"}, {"*"}, {"*"}, {"*"}, true));
    path_rules.push_back(path_rule({"*"}, {"*"}));
  }
  Object rule;
  if (!path_rules.empty()) rule["nonResourceRules"] = std::move(path_rules);
  if (!resource_rules.empty()) rule["resourceRules"] = std::move(resource_rules);
  rule["subjects"] = std::move(subjects);
  Object spec;
  if (!distinguisher.empty()) {
    spec["distinguisherMethod"] = Object{{"type", text(distinguisher)}};
  }
  spec["matchingPrecedence"] = precedence;
  spec["priorityLevelConfiguration"] = Object{{"name", text(level_name)}};
  spec["rules"] = array{Json(std::move(rule))};
  return named("FlowSchema", name, std::move(spec));
}

array groups(Texts names) {
  array subjects;
  add_groups(subjects, names);
  return subjects;
}

array users(Texts names) {
  array subjects;
  add_users(subjects, names);
  return subjects;
}

array accounts(Texts names) {
  array subjects;
  add_accounts(subjects, names);
  return subjects;
}

constexpr std::string_view kAuthenticated = "system:authenticated";
constexpr std::string_view kUnauthenticated = "system:unauthenticated";
constexpr std::string_view kControllerManager = "system:kube-controller-manager";
constexpr std::string_view kScheduler = "system:kube-scheduler";
constexpr std::string_view kNodes = "system:nodes";

void add_leader_elections(std::vector<Json>& made) {
  const Json leases =
      resource_rule({"get", "create", "update"}, {"coordination.k8s.io"}, {"leases"}, {"*"}, false);
  array elected = users({kControllerManager, kScheduler});
  add_accounts(elected, {"*"});
  made.push_back(schema("system-leader-election", "leader-election", 100, "ByUser",
                        std::move(elected), array{leases}));
  const Json locks =
      resource_rule({"get", "create", "update"}, {""}, {"endpoints", "configmaps"}, {"*"}, false);
  made.push_back(schema("workload-leader-election", "leader-election", 200, "ByUser",
                        accounts({"*"}), array{locks, leases}));
}

void add_nodes(std::vector<Json>& made) {
  made.push_back(schema("system-nodes", "system", 500, "ByUser", groups({kNodes})));
  const Json nodes = resource_rule({"*"}, {""}, {"nodes", "nodes/status"}, {"*"}, true);
  const Json leases = resource_rule({"*"}, {"coordination.k8s.io"}, {"leases"}, {"*"}, false);
  made.push_back(schema("system-node-high", "node-high", 400, "ByUser", groups({kNodes}),
                        array{nodes, leases}));
}

std::vector<Json> make_schemas() {
  std::vector<Json> made;
  made.push_back(schema(kExempt, kExempt, 1, "", groups({"system:masters"})));
  made.push_back(
      schema(kCatchAll, kCatchAll, 10000, "ByUser", groups({kUnauthenticated, kAuthenticated})));
  add_nodes(made);
  made.push_back(schema("probes", kExempt, 2, "", groups({kUnauthenticated, kAuthenticated}), {},
                        array{path_rule({"get"}, {"/healthz", "/readyz", "/livez"})}));
  add_leader_elections(made);
  array endpoint_keepers = users({kControllerManager});
  add_accounts(endpoint_keepers, {"endpoint-controller", "endpointslicemirroring-controller"});
  const Json endpoints =
      resource_rule({"get", "create", "update"}, {""}, {"endpoints"}, {"*"}, false);
  made.push_back(schema("endpoint-controller", "workload-high", 150, "ByUser",
                        std::move(endpoint_keepers), array{endpoints}));
  made.push_back(schema("kube-controller-manager", "workload-high", 800, "ByNamespace",
                        users({kControllerManager})));
  made.push_back(
      schema("kube-scheduler", "workload-high", 800, "ByNamespace", users({kScheduler})));
  made.push_back(
      schema("kube-system-service-accounts", "workload-high", 900, "ByNamespace", accounts({"*"})));
  made.push_back(schema("service-accounts", "workload-low", 9000, "ByUser",
                        groups({"system:serviceaccounts"})));
  made.push_back(schema("global-default", "global-default", 9900, "ByUser",
                        groups({kUnauthenticated, kAuthenticated})));
  return made;
}

bool is_nothing(const Json& value) {
  if (value.is_array()) return value.get_array().empty();
  return value.is_null() || (value.is_bool() && !value.get_bool());
}

// The value without the members that say nothing.
Json telling(const Json& value) {
  if (const array* elements = value.if_array()) {
    array kept;
    for (const Json& element : *elements) kept.push_back(telling(element));
    return kept;
  }
  const Object* const members = value.if_object();
  if (!members) return value;
  Object kept;
  for (const auto& [key, member] : *members) {
    if (!is_nothing(member)) kept[key] = telling(member);
  }
  return kept;
}

}  // namespace

const FlowControlObjects& flow_control_objects() {
  static const FlowControlObjects objects{make_levels(), make_schemas()};
  return objects;
}

const Json* find_named(const std::vector<Json>& objects, std::string_view name) {
  for (const Json& one : objects) {
    if (object::name(one) == name) return &one;
  }
  return nullptr;
}

bool same_flow_control_spec(const Json* left, const Json* right) {
  static const Json kNone;
  return telling(left ? *left : kNone) == telling(right ? *right : kNone);
}

}  // namespace limen::validation
