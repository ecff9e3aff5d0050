// pod-topology-labels: a pod that gets a node is labelled with the node's zone and region
// (PodTopologyLabels).
#include <string>
#include <string_view>

#include "limen/cpp/plugin.hpp"

namespace {

constexpr std::string_view kLabels[] = {"topology.kubernetes.io/region",
                                        "topology.kubernetes.io/zone"};

// The node that the object of the call gives a pod: a Binding's target, or what a new pod names
// itself. Empty: none.
std::string_view node_of(const limen::AdmissionCall& call) {
  const limen::Node object = call.object();
  if (call.is("", "pods")) return object.at("/spec/nodeName").view_or("");
  if (!call.is("", "pods", "binding")) return {};
  const limen::Node target = object["target"];
  return target["kind"].view_or("") == "Node" ? target["name"].view_or("") : std::string_view();
}

class PodTopologyLabels final : public limen::Admission {
 public:
  explicit PodTopologyLabels(limen::Host& host) : host_(host) {}

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    const std::string_view name = node_of(call);
    if (name.empty()) return {};
    const auto node = host_.objects().get("", "nodes", "", name);
    if (!node.ok()) return node.error();
    if (!*node) return {};  // it may come later: pods have always been bound to such
    const limen::Node own = call.object().at("/metadata/labels");
    limen::Result<void> result;
    for (const std::string_view label : kLabels) {
      const auto value = (*node)->at("/metadata/labels")[label].as_string();
      if (!value || own[label].as_string() == value || !result.ok()) continue;
      result = call.patch().set("/metadata/labels/" + limen::pointer_part(label), *value);
    }
    return result;
  }

 private:
  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<PodTopologyLabels>(
    {.id = "pod-topology-labels",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Labels pods that get a node with the node's zone and region.",
     .required = {LIMEN_OBJECTS},
     .operations = limen::kCreate}))
