#include "modules/instance_numbers.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "modules/module_instance.h"
#include "observability/metrics.h"

namespace limen::modules {

namespace {

struct Numbers {
  double calls = 0, hanging = 0, breaker = 0, limit = 0;
};
using Name = std::pair<Kind, std::string>;

// One gauge for each number of a name.
class Gauges {
 public:
  explicit Gauges(const Name& name)
      : calls_(series("limen_module_calls_in_flight", "Calls a module has not completed.", name)),
        hanging_(series("limen_module_orphaned_calls",
                        "Calls past their deadline that a module has not completed.", name)),
        breaker_(series("limen_module_breaker_open",
                        "1 while an instance is not called because its calls hang or do not answer "
                        "in time.",
                        name)),
        limit_(series("limen_module_max_calls", "Calls an instance may have at one time.", name)) {}

  void set(const Numbers& numbers) {
    calls_.set(numbers.calls);
    hanging_.set(numbers.hanging);
    breaker_.set(numbers.breaker);
    limit_.set(numbers.limit);
  }

 private:
  static metrics::Gauge& series(const char* family, const char* help, const Name& name) {
    return metrics::gauge(family, help, {"kind", "name"})
        .with({kind_name(name.first), name.second});
  }
  metrics::Gauge &calls_, &hanging_, &breaker_, &limit_;
};

class Shown {
 public:
  static Shown& get() {
    static auto* const shown = new Shown;  // the collector outlives everything
    return *shown;
  }
  void add(const ModuleInstance* instance) {
    const std::lock_guard lock(mutex_);
    all_.push_back(instance);
    gauges_.try_emplace(name_of(*instance), name_of(*instance));
  }
  void remove(const ModuleInstance* instance) {
    const std::lock_guard lock(mutex_);
    std::erase(all_, instance);
  }

 private:
  Shown() {
    metrics::before_render([this] { update(); });
  }
  static Name name_of(const ModuleInstance& instance) { return {instance.kind(), instance.name()}; }
  // In the order they were made: the newest of a name comes last.
  void update() {
    const std::lock_guard lock(mutex_);
    std::map<Name, Numbers> sums;
    for (const ModuleInstance* instance : all_) {
      Numbers& sum = sums[name_of(*instance)];
      const CallGate& gate = instance->gate();
      sum.calls += static_cast<double>(gate.calls());
      sum.hanging += static_cast<double>(gate.hanging());
      sum.breaker = gate.stuck() || gate.resting() ? 1 : 0;
      sum.limit = static_cast<double>(gate.max_calls());
    }
    for (auto& [name, gauges] : gauges_) gauges.set(sums[name]);
  }

  std::mutex mutex_;
  std::vector<const ModuleInstance*> all_;
  std::map<Name, Gauges> gauges_;
};

}  // namespace

void show_numbers(const ModuleInstance& instance) { Shown::get().add(&instance); }
void hide_numbers(const ModuleInstance& instance) { Shown::get().remove(&instance); }

}  // namespace limen::modules
