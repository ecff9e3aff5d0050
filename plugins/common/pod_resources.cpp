#include "common/pod_resources.h"

#include <algorithm>

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

Amounts read_amounts(const Node& list) {
  Amounts out;
  for (const auto& [name, amount] : list) {
    // Numbers are amounts too: an object may not have been read by the API's types.
    const std::string text = amount.as_string() ? amount.string_or("") : amount.to_json();
    out.emplace(name, Quantity::parse(text).value_or(Quantity()));
  }
  return out;
}

void add(Amounts& to, const Amounts& more) {
  for (const auto& [name, amount] : more) to[name] += amount;
}

void raise(Amounts& to, const Amounts& other) {
  for (const auto& [name, amount] : other) {
    const auto [there, is_new] = to.emplace(name, amount);
    if (!is_new && there->second < amount) there->second = amount;
  }
}

Amounts pod_total(const Node& spec, const char* list) {
  Amounts together, staying, starting;
  for (const auto& [key, container] : spec["containers"]) {
    add(together, read_amounts(container["resources"][list]));
  }
  for (const auto& [key, container] : spec["initContainers"]) {
    Amounts own = read_amounts(container["resources"][list]);
    if (container["restartPolicy"].view_or("") == "Always") {
      add(together, own);
      add(staying, own);
      own = staying;
    } else {
      add(own, staying);
    }
    raise(starting, own);
  }
  raise(together, starting);
  for (auto& [name, amount] : read_amounts(spec["resources"][list])) together[name] = amount;
  return together;
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
