#include "modules/generation.h"

#include "modules/module_instance.h"

namespace limen::modules {

std::vector<InstanceInfo> Generation::instances() const {
  std::vector<InstanceInfo> all;
  for (const auto& module : modules_) all.push_back(module->info());
  return all;
}

std::vector<std::string> Generation::troubles() const {
  std::vector<std::string> all;
  for (const auto& module : modules_) {
    const std::string_view refusal = module->refusal();
    if (refusal.empty()) continue;
    all.push_back(std::string(kind_name(module->kind())) + " \"" + module->name() +
                  "\": " + std::string(refusal));
  }
  return all;
}

}  // namespace limen::modules
