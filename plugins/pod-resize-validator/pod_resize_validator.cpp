// pod-resize-validator: a pod that runs grows no larger than its node (PodResizeValidator).
#include <cstdint>
#include <string>

#include "common/go_quote.h"
#include "common/pod_resources.h"
#include "limen/cpp/plugin.hpp"

namespace {

using limen::plugins::Amounts;
using limen::plugins::go_quote;

limen::Quantity amount_of(const Amounts& amounts, const char* name) {
  const auto found = amounts.find(name);
  return found == amounts.end() ? limen::Quantity() : found->second;
}

// What the pod asks for beyond what the node has to give; empty: nothing.
std::string excess(const limen::Node& spec, const limen::Node& node) {
  Amounts asked = limen::plugins::pod_total(spec, "requests");
  limen::plugins::add(asked, limen::plugins::read_amounts(spec["overhead"]));
  const Amounts there = limen::plugins::read_amounts(node.at("/status/allocatable"));
  std::string out;
  const auto compare = [&](const char* name, std::int64_t wanted, std::int64_t available) {
    if (wanted <= available) return;
    out += (out.empty() ? "" : "; ") + std::string(name) +
           ", requested: " + std::to_string(wanted) + ", allocatable: " + std::to_string(available);
  };
  compare("cpu", amount_of(asked, "cpu").milli_value(), amount_of(there, "cpu").milli_value());
  compare("memory", amount_of(asked, "memory").value(), amount_of(there, "memory").value());
  return out;
}

class PodResizeValidator final : public limen::Admission {
 public:
  explicit PodResizeValidator(limen::Host& host) : host_(host) {}

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is("", "pods", "resize")) return {};
    const limen::Node spec = call.object()["spec"];
    const std::string name = spec["nodeName"].string_or("");
    if (name.empty() || spec.to_json() == call.old_object()["spec"].to_json()) return {};
    const auto node = host_.objects().get("", "nodes", "", name);
    if (!node.ok()) return node.error();
    if (!*node) return call.deny("node " + go_quote(name) + " not found");
    const std::string too_much = excess(spec, **node);
    if (!too_much.empty()) {
      call.cause("NodeCapacity", "");
      return call.deny("Node didn't have enough allocatable resources: " + too_much);
    }
    const std::string system = (*node)->at("/metadata/labels")["kubernetes.io/os"].string_or("");
    if (system == "linux") return {};
    call.cause("UnsupportedPlatform", "");
    return call.deny("pod resize is only supported on linux nodes, node " + go_quote(name) +
                     " is " + go_quote(system));
  }

 private:
  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<PodResizeValidator>(
    {.id = "pod-resize-validator",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Refuses to make a pod that runs larger than its node.",
     .required = {LIMEN_OBJECTS},
     .operations = limen::kUpdate}))
