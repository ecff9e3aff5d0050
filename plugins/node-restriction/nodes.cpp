#include "nodes.h"

#include <algorithm>
#include <array>
#include <set>

#include "same.h"

namespace limen::node_restriction {

namespace {

constexpr std::string_view kReserved = "node-restriction.kubernetes.io";

// Labels of Kubernetes that a kubelet sets on its own node, and domains of such.
constexpr std::array<std::string_view, 11> kKubeletLabels{
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "beta.kubernetes.io/instance-type",
    "node.kubernetes.io/instance-type",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch"};
constexpr std::array<std::string_view, 2> kKubeletDomains{"kubelet.kubernetes.io",
                                                          "node.kubernetes.io"};
constexpr std::array<std::string_view, 2> kKubernetesDomains{"kubernetes.io", "k8s.io"};

// What stands before the slash of a label; empty without one.
std::string_view domain_of(std::string_view label) {
  const auto slash = label.find('/');
  return slash == std::string_view::npos ? std::string_view() : label.substr(0, slash);
}

bool is_within(std::string_view domain, std::string_view parent) {
  if (domain == parent) return true;
  return domain.size() > parent.size() && domain.ends_with(parent) &&
         domain[domain.size() - parent.size() - 1] == '.';
}

template <std::size_t N>
bool is_within_any(std::string_view domain, const std::array<std::string_view, N>& parents) {
  return std::any_of(parents.begin(), parents.end(),
                     [&](std::string_view parent) { return is_within(domain, parent); });
}

bool is_forbidden(std::string_view label) {
  const std::string_view domain = domain_of(label);
  if (is_within(domain, kReserved)) return true;
  if (!is_within_any(domain, kKubernetesDomains)) return false;
  const bool is_known =
      std::find(kKubeletLabels.begin(), kKubeletLabels.end(), label) != kKubeletLabels.end();
  return !is_known && !is_within_any(domain, kKubeletDomains);
}

// The labels that differ and are not the node's to change, in order; empty when there are none.
std::string forbidden_changes(const Node& before, const Node& after) {
  std::set<std::string> found;
  const auto collect = [&](const Node& from, const Node& to) {
    for (const auto& [label, value] : from)
      if (!same(value, to[label]) && is_forbidden(label)) found.emplace(label);
  };
  collect(before, after);
  collect(after, before);
  std::string text;
  for (const std::string& label : found) text += (text.empty() ? "" : ", ") + label;
  return text;
}

Verdict judge_new(const NodeRequest& request) {
  const Node node = request.call.object();
  // "pods" is what kube-apiserver says.
  if (node.at("/spec/configSource").is_object()) {
    return forbidden("node " + request.quoted +
                     " is not allowed to create pods with a non-nil configSource");
  }
  const std::string labels = forbidden_changes(Node(), node.at("/metadata/labels"));
  if (labels.empty()) return admitted();
  return forbidden("node " + request.quoted +
                   " is not allowed to set the following labels: " + labels);
}

Verdict judge_change(const NodeRequest& request) {
  const Node before = request.call.old_object();
  const Node after = request.call.object();
  const std::string node = "node " + request.quoted;
  const auto is_kept = [&](const char* pointer) {
    return same(before.at(pointer), after.at(pointer));
  };
  // Without it is allowed: old kubelets drop the field when they write their status.
  if (after.at("/spec/configSource").is_object() && !is_kept("/spec/configSource")) {
    return forbidden(node + " is not allowed to update configSource to a new non-nil configSource");
  }
  if (!is_kept("/spec/taints")) return forbidden(node + " is not allowed to modify taints");
  // With an owner of its choice a node could have its object deleted and made anew.
  if (!is_kept("/metadata/ownerReferences")) {
    return forbidden(node + " is not allowed to modify ownerReferences");
  }
  const std::string labels =
      forbidden_changes(before.at("/metadata/labels"), after.at("/metadata/labels"));
  if (labels.empty()) return admitted();
  return forbidden("is not allowed to modify labels: " + labels);
}

}  // namespace

Verdict judge_nodes(const NodeRequest& request) {
  const std::string_view name = request.call.attributes().name();
  if (name != request.name) {
    return forbidden("node " + request.quoted + " is not allowed to modify node " +
                     plugins::go_quote(name));
  }
  if (request.call.is_create()) return judge_new(request);
  if (request.call.is_update()) return judge_change(request);
  return admitted();
}

}  // namespace limen::node_restriction
