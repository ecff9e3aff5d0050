// taint-nodes-by-condition: a new node takes no pods until it is known to be ready
// (TaintNodesByCondition).
#include <string>

#include "limen/cpp/plugin.hpp"

namespace {

constexpr std::string_view kNotReady = "node.kubernetes.io/not-ready";

class TaintNodesByCondition final : public limen::Admission {
 public:
  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (!call.is("", "nodes")) return {};
    const limen::Node taints = call.object().at("/spec/taints");
    for (const auto& [key, taint] : taints) {
      if (taint["key"].view_or("") == kNotReady && taint["effect"].view_or("") == "NoSchedule")
        return {};
    }
    constexpr std::string_view kTaint =
        R"({"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"})";
    if (taints.size() == 0)
      return call.patch().set_json("/spec/taints", "[" + std::string(kTaint) + "]");
    return call.patch().insert_json("/spec/taints/-", kTaint);
  }
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<TaintNodesByCondition>(
    {.id = "taint-nodes-by-condition",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Taints new nodes as not ready, until their conditions say otherwise.",
     .operations = limen::kCreate}))
