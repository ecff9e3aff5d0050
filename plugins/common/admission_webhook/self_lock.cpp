#include "common/admission_webhook/self_lock.h"

#include <algorithm>
#include <utility>

#include "common/admission_webhook/configurations.h"
#include "common/go_quote.h"

namespace limen::webhooks {

namespace {

constexpr std::string_view kLeases = "coordination.k8s.io";
constexpr std::string_view kSlices = "discovery.k8s.io";
constexpr std::string_view kConfigurations = "admissionregistration.k8s.io";
constexpr std::string_view kSystem = "kube-system";
constexpr std::string_view kNodeLeases = "kube-node-lease";

// Of a namespace that does not exist yet: what it will have.
Labels labels_of_namespace(Host& host, std::string_view name) {
  const auto found = host.objects().get("", "namespaces", "", name);
  if (found.ok() && *found) return labels_of(**found);
  return {{"kubernetes.io/metadata.name", std::string(name)}};
}

// Something that a webhook may need to come back.
struct Vital {
  std::string_view what;
  Subject subject;
};

// Vital things in one namespace, or of the cluster: one sentence.
struct Place {
  std::string in;       // " in its service's own namespace \"hooks\""; empty: of the cluster
  std::string_view ns;  // empty: of the cluster
  std::vector<Vital> vitals;
};

void add(Place& place, std::string_view what, std::string_view group, std::string_view resource,
         std::string_view subresource = {}) {
  for (const std::uint32_t operation : {kCreate, kUpdate}) {
    place.vitals.push_back({what, {operation, group, "v1", resource, subresource, place.ns}});
  }
}

// What a service's namespace has to take for its pods to run and to be found.
void add_workload(Place& place) {
  place.vitals.push_back({"pods", {kCreate, "", "v1", "pods", "", place.ns}});
  add(place, "services", "", "services");
  add(place, "endpoints", kSlices, "endpointslices");
  for (const std::string_view resource :
       {"deployments", "replicasets", "statefulsets", "daemonsets"}) {
    add(place, "workloads", "apps", resource);
  }
}

std::vector<Place> places(const Webhook& webhook) {
  std::vector<Place> out;
  const std::string_view own = webhook.service_ns;
  if (!own.empty()) {
    out.push_back({" in its service's own namespace " + plugins::go_quote(own), own, {}});
    add_workload(out.back());
  }
  for (const std::string_view ns : {kSystem, kNodeLeases}) {
    if (ns != own) out.push_back({" in " + plugins::go_quote(ns), ns, {}});
    if (ns == kSystem && ns != own) {
      out.back().vitals.push_back({"pods", {kCreate, "", "v1", "pods", "", ns}});
    }
    Place& place = ns == own ? out.front() : out.back();
    place.vitals.push_back({"leases", {kUpdate, kLeases, "v1", "leases", "", ns}});
  }
  Place& cluster = out.emplace_back();
  add(cluster, "nodes", "", "nodes");
  cluster.vitals.push_back({"nodes", {kUpdate, "", "v1", "nodes", "status", ""}});
  return out;
}

// The names of what the webhook is asked about, "pods, services and leases"; empty: nothing.
std::string asked_about(const Webhook& webhook, const Place& place) {
  std::vector<std::string_view> asked;
  for (const Vital& vital : place.vitals) {
    if (std::find(asked.begin(), asked.end(), vital.what) != asked.end()) continue;
    if (may_name(webhook, vital.subject)) {
      asked.push_back(vital.what);
    }
  }
  std::string out;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (i != 0) out += i + 1 == asked.size() ? " and " : ", ";
    out += asked[i];
  }
  return out;
}

std::string way_out(const Place& place) {
  if (place.ns.empty()) return "leave them out of its rules, or let its failurePolicy be Ignore";
  return "leave the namespace out with a namespaceSelector (kubernetes.io/metadata.name NotIn " +
         std::string(place.ns) + ")";
}

// Only where the group is named: who names all means no harm.
bool names_configurations(const Webhook& webhook) {
  return std::any_of(webhook.rules.begin(), webhook.rules.end(), [](const Rule& rule) {
    return std::find(rule.groups.begin(), rule.groups.end(), kConfigurations) != rule.groups.end();
  });
}

}  // namespace

std::vector<std::string> lock_outs(Host& host, const Webhook& webhook) {
  std::vector<std::string> out;
  if (webhook.fails_open) return out;
  const std::string name = "webhook " + plugins::go_quote(webhook.name);
  if (names_configurations(webhook)) {
    out.push_back(name + " has a rule for " + std::string(kConfigurations) +
                  ": no webhook is asked about webhook configurations and admission policies, so "
                  "that none can keep itself from being taken away; use an authorizer for them");
  }
  if (!webhook.objects.empty()) return out;
  for (const Place& place : places(webhook)) {
    const std::string what = asked_about(webhook, place);
    if (what.empty()) continue;
    if (!place.ns.empty() && !webhook.namespaces.empty() &&
        !webhook.namespaces.matches(labels_of_namespace(host, place.ns))) {
      continue;
    }
    out.push_back(name + " has the failure policy Fail and is asked about " + what + place.in +
                  ": while it does not answer they cannot be written, which may be what it needs "
                  "to come back; " +
                  way_out(place));
  }
  return out;
}

std::vector<std::string> lock_out_warnings(Host& host, const Node& configuration) {
  std::vector<std::string> out;
  for (const auto& webhook : read_configuration(configuration)) {
    for (std::string& why : lock_outs(host, *webhook)) out.push_back(std::move(why));
  }
  return out;
}

}  // namespace limen::webhooks
