#include "common/pod_resources.h"

namespace limen::plugins {

namespace {

// Some processor time or memory, requested or as a limit.
bool names_some(const Node& resources) {
  for (const char* list : {"requests", "limits"}) {
    for (const auto& [name, amount] : read_amounts(resources[list])) {
      if ((name == "cpu" || name == "memory") && amount.sign() > 0) return true;
    }
  }
  return false;
}

}  // namespace

Amounts pod_total(const Node& spec, const char* list) {
  Amounts total = quota::sum_of_containers(
      spec, [list](const Node& container) { return container["resources"][list]; });
  for (auto& [name, amount] : read_amounts(spec["resources"][list])) total[name] = amount;
  return total;
}

bool is_best_effort(const Node& spec) {
  if (spec["resources"]) return !names_some(spec["resources"]);
  for (const char* list : {"containers", "initContainers"}) {
    for (const auto& [key, container] : spec[list])
      if (names_some(container["resources"])) return false;
  }
  return true;
}

}  // namespace limen::plugins
