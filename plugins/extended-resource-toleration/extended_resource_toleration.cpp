// extended-resource-toleration: a pod that asks for a device may run on the nodes that are tainted
// with the device's name, to keep others away (ExtendedResourceToleration).
#include <set>
#include <string>
#include <vector>

#include "common/tolerations.h"
#include "limen/cpp/plugin.hpp"
#include "limen/cpp/pods.hpp"

namespace {

// A resource that neither Kubernetes itself counts nor a quota is named after.
bool is_extended(std::string_view name) {
  return name.find('/') != std::string_view::npos &&
         name.find("kubernetes.io/") == std::string_view::npos && !name.starts_with("requests.");
}

std::set<std::string> devices_of(const limen::PodPlace& pod) {
  std::set<std::string> names;
  limen::each_container(pod, [&](const limen::ContainerPlace& at) {
    if (at.list == limen::ContainerList::ephemeral) return;  // these ask for nothing
    for (const auto& [name, amount] : at.container.at("/resources/requests"))
      if (is_extended(name)) names.emplace(name);
  });
  return names;
}

class ExtendedResourceToleration final : public limen::Admission {
 public:
  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (!call.is("", "pods")) return {};
    const auto pod = limen::pod_of(call);
    if (!pod) return {};
    auto tolerations = limen::plugins::read_tolerations(pod->spec["tolerations"]);
    const std::string before = limen::plugins::to_json(tolerations);
    for (const std::string& device : devices_of(*pod))
      add({device, "Exists", "", "NoSchedule", {}}, tolerations);
    const std::string after = limen::plugins::to_json(tolerations);
    return before == after ? limen::Result<void>()
                           : call.patch().set_json("/spec/tolerations", after);
  }

 private:
  static void add(const limen::plugins::Toleration& wanted,
                  std::vector<limen::plugins::Toleration>& all) {
    for (limen::plugins::Toleration& there : all) {
      if (there.key != wanted.key || there.effect != wanted.effect || there.op != wanted.op ||
          there.value != wanted.value) {
        continue;
      }
      there = wanted;
      return;
    }
    all.push_back(wanted);
  }
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<ExtendedResourceToleration>(
    {.id = "extended-resource-toleration",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Lets pods that ask for a device run on the nodes that are tainted with its name.",
     .operations = limen::kCreate | limen::kUpdate}))
