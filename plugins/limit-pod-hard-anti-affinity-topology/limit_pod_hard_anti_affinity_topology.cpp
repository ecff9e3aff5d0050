// limit-pod-hard-anti-affinity-topology: a pod may keep others away from its node and from nothing
// larger (LimitPodHardAntiAffinityTopology).
#include <string>

#include "limen/cpp/plugin.hpp"

namespace {

constexpr std::string_view kHostname = "kubernetes.io/hostname";

class LimitPodHardAntiAffinityTopology final : public limen::Admission {
 public:
  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is("", "pods")) return {};
    const limen::Node terms = call.object().at(
        "/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution");
    for (const auto& [key, term] : terms) {
      const std::string_view topology = term["topologyKey"].view_or("");
      if (topology == kHostname) continue;
      return call.deny("affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey " +
                       std::string(topology) + " but only key " + std::string(kHostname) +
                       " is allowed");
    }
    return {};
  }
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<LimitPodHardAntiAffinityTopology>(
    {.id = "limit-pod-hard-anti-affinity-topology",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Refuses pods that keep others away from more than their own node.",
     .operations = limen::kCreate | limen::kUpdate}))
