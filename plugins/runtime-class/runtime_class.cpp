// runtime-class: a pod that names a RuntimeClass gets what running under it costs and where it can
// run (RuntimeClass).
#include <map>
#include <string>

#include "common/tolerations.h"
#include "limen/cpp/plugin.hpp"
#include "limen/cpp/quantity.hpp"

namespace {

using Amounts = std::map<std::string, limen::Quantity>;

constexpr const char* kMismatch =
    "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

Amounts amounts(const limen::Node& list) {
  Amounts out;
  for (const auto& [name, amount] : list) {
    const auto parsed = limen::Quantity::parse(amount.view_or(""));
    out.emplace(name, parsed.value_or(limen::Quantity()));
  }
  return out;
}

class RuntimeClass final : public limen::Admission {
 public:
  explicit RuntimeClass(limen::Host& host) : host_(host) {}

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (!call.is("", "pods")) return {};
    const auto name = call.object().at("/spec/runtimeClassName").as_string();
    if (!name) return {};
    const auto found = host_.objects().get("node.k8s.io", "runtimeclasses", "", *name);
    if (!found.ok()) return found.error();
    if (!*found)
      return call.deny("pod rejected: RuntimeClass \"" + std::string(*name) + "\" not found");
    const std::string conflict = conflict_of(call.object()["spec"], **found);
    if (!conflict.empty()) return call.deny(conflict);
    return fill(call, **found);
  }

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    const limen::Node overhead = call.object().at("/spec/overhead");
    if (!call.is("", "pods") || overhead.size() == 0) return {};
    const auto name = call.object().at("/spec/runtimeClassName").as_string();
    if (name) {
      const auto found = host_.objects().get("node.k8s.io", "runtimeclasses", "", *name);
      if (!found.ok()) return found.error();
      if (!*found)
        return call.deny("pod rejected: RuntimeClass \"" + std::string(*name) + "\" not found");
      // Somebody behind this controller may have changed what it set.
      if (const limen::Node fixed = (*found)->at("/overhead/podFixed"))
        return amounts(overhead) == amounts(fixed) ? limen::Result<void>() : call.deny(kMismatch);
    }
    return call.deny(
        "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
  }

 private:
  static std::string conflict_of(const limen::Node& spec, const limen::Node& runtime) {
    const limen::Node fixed = runtime.at("/overhead/podFixed");
    if (fixed && spec["overhead"] && amounts(spec["overhead"]) != amounts(fixed)) return kMismatch;
    for (const auto& [key, wanted] : runtime.at("/scheduling/nodeSelector")) {
      const limen::Node own = spec["nodeSelector"][key];
      if (!own || own.view_or("") == wanted.view_or("")) continue;
      return "conflict: runtimeClass.scheduling.nodeSelector[" + std::string(key) +
             "] = " + wanted.string_or("") + "; pod.spec.nodeSelector[" + std::string(key) +
             "] = " + own.string_or("");
    }
    return {};
  }

  static limen::Result<void> fill(limen::AdmissionCall& call, const limen::Node& runtime) {
    const limen::Node spec = call.object()["spec"];
    limen::Patch patch = call.patch();
    limen::Result<void> result;
    const limen::Node fixed = runtime.at("/overhead/podFixed");
    if (fixed && !spec["overhead"]) result = patch.set("/spec/overhead", fixed);
    for (const auto& [key, wanted] : runtime.at("/scheduling/nodeSelector")) {
      if (!result.ok() || spec["nodeSelector"][key]) continue;
      result = patch.set("/spec/nodeSelector/" + limen::pointer_part(key), wanted);
    }
    const limen::Node more = runtime.at("/scheduling/tolerations");
    if (!result.ok() || more.size() == 0) return result;
    const auto before = limen::plugins::read_tolerations(spec["tolerations"]);
    const std::string all = limen::plugins::to_json(
        limen::plugins::merged(before, limen::plugins::read_tolerations(more)));
    if (all == limen::plugins::to_json(before)) return {};
    return patch.set_json("/spec/tolerations", all);
  }

  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<RuntimeClass>(
    {.id = "runtime-class",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Gives pods the overhead, node selector and tolerations of their RuntimeClass.",
     .required = {LIMEN_OBJECTS},
     .operations = limen::kCreate}))
