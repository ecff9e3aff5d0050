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
  for (std::thread& thread : threads_) thread.join();
}

void Retirer::add(std::weak_ptr<const Generation> generation,
                  std::vector<std::shared_ptr<ModuleInstance>> instances, base::Deadline deadline) {
  const std::lock_guard lock(mutex_);
  if (instances.empty()) return;
  waiting_.push_back({std::move(generation), std::move(instances), deadline});
  std::size_t work = going_.size();
  for (const Entry& entry : waiting_) work += entry.instances.size();
  while (threads_.size() < std::min(work, kAtOnce)) threads_.emplace_back([this] { run(); });
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

// The next instance of a generation that is at its end: one, so that others may take the rest.
std::optional<std::shared_ptr<ModuleInstance>> Retirer::take_ready_locked() {
  const base::Deadline now = base::SteadyClock::now();
  const auto ready = std::find_if(waiting_.begin(), waiting_.end(), [&](const Entry& entry) {
    return stopping_ || entry.generation.expired() || entry.deadline <= now;
  });
  if (ready == waiting_.end()) return std::nullopt;
  auto instance = std::move(ready->instances.front());
  ready->instances.erase(ready->instances.begin());
  if (ready->instances.empty()) waiting_.erase(ready);
  return instance;
}

void Retirer::run() {
  // A generation's end is seen by looking: requests drop it on their own threads and should not
  // have to tell.
  static constexpr std::chrono::milliseconds kLook(20);
  std::unique_lock lock(mutex_);
  while (!stopping_ || !waiting_.empty()) {
    if (waiting_.empty() || looking_) {
      changed_.wait(lock);
      continue;
    }
    const auto instance = take_ready_locked();
    if (!instance) {
      looking_ = true;
      changed_.wait_for(lock, kLook);
      looking_ = false;
      continue;
    }
    going_.push_back(*instance);
    changed_.notify_all();  // another may look meanwhile
    lock.unlock();
    retire_(*instance);
    lock.lock();
    going_.erase(std::find(going_.begin(), going_.end(), *instance));
  }
}

}  // namespace limen::modules
