// node-restriction: a node changes what is its own, and nothing that would bring it more
// (NodeRestriction).
//
// All rules are asked while objects are still being changed, as in kube-apiserver, so that what
// controllers behind this one add (a taint, a label) is not taken for the node's.
#include <limen/cpp/plugin.hpp>
#include <optional>
#include <string_view>

#include "certificate_requests.h"
#include "claims.h"
#include "nodes.h"
#include "pods.h"
#include "tokens.h"
#include "verdict.h"

namespace limen::node_restriction {

namespace {

constexpr std::string_view kUserStart = "system:node:";
constexpr std::string_view kGroup = "system:nodes";
constexpr std::string_view kLeaseNamespace = "kube-node-lease";

// The node a user is, perhaps without a name; nothing for everybody else.
std::optional<std::string_view> node_of(const UserView& user) {
  const std::string_view name = user.name();
  if (!name.starts_with(kUserStart) || !user.in_group(kGroup)) return std::nullopt;
  return name.substr(kUserStart.size());
}

// The name of the object that is made or changed.
std::string_view object_name(const NodeRequest& request) {
  return request.call.is_create() ? request.call.object().at("/metadata/name").view_or("")
                                  : request.call.attributes().name();
}

Verdict judge_lease(const NodeRequest& request) {
  if (request.call.attributes().ns() != kLeaseNamespace) {
    return forbidden("can only access leases in the \"kube-node-lease\" system namespace");
  }
  if (object_name(request) == request.name) return admitted();
  return forbidden("can only access node lease with the same name as the requesting node");
}

Verdict judge_csi_node(const NodeRequest& request) {
  if (object_name(request) == request.name) return admitted();
  return forbidden("can only access CSINode with the same name as the requesting node");
}

// Updates are the authorizer's matter: it knows whose slice it is.
Verdict judge_resource_slice(const NodeRequest& request) {
  if (request.call.is_update()) return admitted();
  const bool is_new = request.call.is_create();
  const Node slice = is_new ? request.call.object() : request.call.old_object();
  if (slice.at("/spec/nodeName").view_or("") == request.name) return admitted();
  return forbidden(std::string("can only ") + (is_new ? "create" : "delete") +
                   " ResourceSlice with the same NodeName as the requesting node");
}

using Judge = Verdict (*)(const NodeRequest&);
constexpr struct {
  std::string_view group, resource;
  Judge judge;
} kRules[] = {
    {"", "pods", judge_pods},
    {"", "nodes", judge_nodes},
    {"", "persistentvolumeclaims", judge_claims},
    {"coordination.k8s.io", "leases", judge_lease},
    {"storage.k8s.io", "csinodes", judge_csi_node},
    {"resource.k8s.io", "resourceslices", judge_resource_slice},
    {"certificates.k8s.io", "certificatesigningrequests", judge_signing_request},
    {"certificates.k8s.io", "podcertificaterequests", judge_pod_certificate_request},
};

Result<void> tell(AdmissionCall& call, const Verdict& verdict) {
  if (!verdict.ok()) return verdict.error();
  const std::optional<Refusal>& refusal = *verdict;
  if (!refusal) return {};
  return call.deny(Denial{refusal->message, refusal->code, refusal->reason});
}

class NodeRestriction final : public Admission {
 public:
  explicit NodeRestriction(Host& host) : host_(host) {}

  Result<void> admit(AdmissionCall& call) override {
    const Attributes about = call.attributes();
    const auto node = node_of(about.user());
    if (!node) return {};
    if (node->empty()) {
      return call.deny("could not determine node from user " +
                       plugins::go_quote(about.user().name()));
    }
    const NodeRequest request(host_, call, *node);
    if (call.is_create() && call.is("", "serviceaccounts", "token")) return judge_and_ask(request);
    for (const auto& rule : kRules) {
      if (rule.resource == about.resource() && rule.group == about.api_group())
        return tell(call, rule.judge(request));
    }
    return {};
  }

 private:
  static Result<void> judge_and_ask(const NodeRequest& request) {
    const TokenVerdict found = judge_token(request);
    if (found.audience) return ask_for_audience(request, *found.audience);
    return tell(request.call, found.verdict);
  }

  Host& host_;
};

}  // namespace

}  // namespace limen::node_restriction

LIMEN_EXPORT_MODULE(limen::admission<limen::node_restriction::NodeRestriction>(
    {.id = "node-restriction",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Keeps nodes to their own objects and their own pods.",
     .required = {LIMEN_OBJECTS, LIMEN_ACCESS},
     .operations = limen::kCreate | limen::kUpdate | limen::kDelete}))
