#include "modules/retirer.h"

#include <algorithm>
#include <utility>

#include "modules/module_instance.h"

namespace limen::modules {

Retirer::~Retirer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Retirer::add(std::weak_ptr<const Generation> generation,
                  std::vector<std::shared_ptr<ModuleInstance>> instances, base::Deadline deadline) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back({std::move(generation), std::move(instances), deadline});
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_all();
}

std::vector<InstanceInfo> Retirer::instances() const {
  const std::lock_guard lock(mutex_);
  std::vector<InstanceInfo> all;
  for (const auto& instance : going_) all.push_back(instance->info());
  for (const Entry& entry : waiting_) {
    for (const auto& instance : entry.instances) all.push_back(instance->info());
  }
  return all;
}

void Retirer::run() {
  // A generation's end is seen by looking: requests drop it on their own threads and should not
  // have to tell.
  static constexpr std::chrono::milliseconds kLook(20);
  std::unique_lock lock(mutex_);
  while (!stopping_ || !waiting_.empty()) {
    const base::Deadline now = base::SteadyClock::now();
    const auto ready = std::find_if(waiting_.begin(), waiting_.end(), [&](const Entry& entry) {
      return stopping_ || entry.generation.expired() || entry.deadline <= now;
    });
    if (ready == waiting_.end()) {
      if (waiting_.empty()) {
        changed_.wait(lock);
      } else {
        changed_.wait_for(lock, kLook);
      }
      continue;
    }
    const Entry entry = std::move(*ready);
    waiting_.erase(ready);
    going_ = entry.instances;
    lock.unlock();
    for (const auto& instance : entry.instances) {
      retire_(instance);
      const std::lock_guard gone(mutex_);
      std::erase(going_, instance);
    }
    lock.lock();
  }
}

}  // namespace limen::modules
