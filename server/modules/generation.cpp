#include "modules/generation.h"

#include <atomic>
#include <utility>

#include "modules/module_instance.h"

namespace limen::modules {

namespace {

// Runs `told` when the last of those who are late has come. Counts one more than those, so that
// nobody is last before all are asked.
class Countdown {
 public:
  explicit Countdown(std::function<void()> told) : told_(std::move(told)) {}
  void expect() { left_.fetch_add(1); }
  void take_back() { left_.fetch_sub(1); }
  void one_came() {
    if (left_.fetch_sub(1) == 1) told_();
  }

 private:
  std::atomic<std::size_t> left_{1};
  const std::function<void()> told_;
};

}  // namespace

bool Generation::seen(const storage::ResourceId& id, storage::Revision revision,
                      std::function<void()> told) const {
  const auto countdown = std::make_shared<Countdown>(std::move(told));
  std::size_t late = 0;
  for (const auto& module : modules_) {
    if (module->spec().shadow) continue;
    countdown->expect();
    if (module->scope().objects().seen(id, revision, [countdown] { countdown->one_came(); })) {
      countdown->take_back();
    } else {
      ++late;
    }
  }
  if (late == 0) return true;
  countdown->one_came();
  return false;
}

void Generation::catch_up(std::function<void()> told) const {
  const auto countdown = std::make_shared<Countdown>(std::move(told));
  for (const auto& module : modules_) {
    if (module->spec().shadow) continue;
    countdown->expect();
    module->scope().objects().catch_up([countdown] { countdown->one_came(); });
  }
  countdown->one_came();
}

std::vector<InstanceInfo> Generation::instances() const {
  std::vector<InstanceInfo> all;
  for (const auto& module : modules_) all.push_back(module->info());
  return all;
}

std::vector<std::string> Generation::troubles() const {
  std::vector<std::string> all;
  for (const auto& module : modules_) {
    // One that rests because somebody it asks does not answer is told by metrics and log alone: the
    // other servers ask the same, and to take all of them out of service would help nobody.
    const std::string_view refusal = module->refusal();
    if (refusal.empty() || module->spec().shadow || module->gate().resting()) continue;
    all.push_back(std::string(kind_name(module->kind())) + " \"" + module->name() +
                  "\": " + std::string(refusal));
  }
  return all;
}

}  // namespace limen::modules
