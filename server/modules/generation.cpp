#include "modules/generation.h"

#include <atomic>
#include <utility>

#include "modules/module_instance.h"

namespace limen::modules {

bool Generation::seen(const storage::ResourceId& id, storage::Revision revision,
                      std::function<void()> told) const {
  // Counts down from one more than those who are late, so that nobody is last before all are asked.
  const auto left = std::make_shared<std::atomic<std::size_t>>(1);
  const auto count_down = [left, told = std::move(told)] {
    if (left->fetch_sub(1) == 1) told();
  };
  std::size_t late = 0;
  for (const auto& module : modules_) {
    left->fetch_add(1);
    if (module->scope().objects().seen(id, revision, count_down)) {
      left->fetch_sub(1);
    } else {
      ++late;
    }
  }
  if (late == 0) return true;
  count_down();
  return false;
}

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
