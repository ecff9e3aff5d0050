#include "common/admission_webhook/self_lock.h"

#include <set>
#include <utility>

#include "common/admission_webhook/configurations.h"
#include "common/go_quote.h"

namespace limen::webhooks {

namespace {

constexpr std::string_view kLeases = "coordination.k8s.io";
constexpr std::string_view kSlices = "discovery.k8s.io";

// Of a namespace that does not exist yet: what it will have.
Labels labels_of_namespace(Host& host, std::string_view name) {
  const auto found = host.objects().get("", "namespaces", "", name);
  if (found.ok() && *found) return labels_of(**found);
  return {{"kubernetes.io/metadata.name", std::string(name)}};
}

struct Vital {
  std::string what;
  Subject subject;
};

std::vector<Vital> vitals(const Webhook& webhook) {
  const std::string_view own = webhook.service_ns;
  std::vector<Vital> out;
  if (!own.empty()) {
    const std::string place = " in its service's own namespace " + plugins::go_quote(own);
    out.push_back({"pods" + place, {kCreate, "", "v1", "pods", "", own}});
    out.push_back({"endpoints" + place, {kCreate, kSlices, "v1", "endpointslices", "", own}});
    out.push_back({"endpoints" + place, {kUpdate, kSlices, "v1", "endpointslices", "", own}});
  }
  if (own != "kube-system") {
    out.push_back({"pods in \"kube-system\"", {kCreate, "", "v1", "pods", "", "kube-system"}});
  }
  for (const std::string_view ns : {"kube-system", "kube-node-lease"}) {
    out.push_back(
        {"leases in " + plugins::go_quote(ns), {kUpdate, kLeases, "v1", "leases", "", ns}});
  }
  out.push_back({"nodes", {kCreate, "", "v1", "nodes", "", ""}});
  out.push_back({"nodes", {kUpdate, "", "v1", "nodes", "", ""}});
  out.push_back({"nodes", {kUpdate, "", "v1", "nodes", "status", ""}});
  return out;
}

}  // namespace

std::vector<std::string> lock_outs(Host& host, const Webhook& webhook) {
  std::vector<std::string> out;
  if (webhook.fails_open || !webhook.objects.empty()) return out;
  std::set<std::string> told;
  for (const Vital& vital : vitals(webhook)) {
    const Subject& subject = vital.subject;
    if (!names(webhook, subject, [](std::string_view) { return true; })) continue;
    if (!subject.ns.empty() && !webhook.namespaces.empty() &&
        !webhook.namespaces.matches(labels_of_namespace(host, subject.ns))) {
      continue;
    }
    if (!told.insert(vital.what).second) continue;
    out.push_back("webhook " + plugins::go_quote(webhook.name) +
                  " has the failure policy Fail and is asked about " + vital.what +
                  ": while it does not answer they cannot be written, which may be what it needs "
                  "to come back");
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
