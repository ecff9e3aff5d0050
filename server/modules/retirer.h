// Retirer: takes the instances of old generations down, in the background.
//
// An instance is retired when no request pins a generation that uses it, or when the drain timeout
// is over: then its open calls are cancelled. One thread; control functions of modules run through
// the Runtime's gate, so that they never overlap with a build.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "modules/generation.h"

namespace limen::modules {

class Retirer {
 public:
  using Retire = std::function<void(const std::shared_ptr<ModuleInstance>&)>;
  // `retire` takes one instance down; called on the retirer's thread.
  explicit Retirer(Retire retire) : retire_(std::move(retire)) {}
  Retirer(const Retirer&) = delete;
  Retirer& operator=(const Retirer&) = delete;
  // Retires what is left at once.
  ~Retirer();

  // Retires `instances` once `generation` is gone, at the latest at `deadline`.
  void add(std::weak_ptr<const Generation> generation,
           std::vector<std::shared_ptr<ModuleInstance>> instances, base::Deadline deadline);
  // What waits or is being taken down. Any thread.
  std::vector<InstanceInfo> instances() const;

 private:
  struct Entry {
    std::weak_ptr<const Generation> generation;
    std::vector<std::shared_ptr<ModuleInstance>> instances;
    base::Deadline deadline;
  };
  void run();

  const Retire retire_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Entry> waiting_;
  std::vector<std::shared_ptr<ModuleInstance>> going_;  // of the entry that is being taken down
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace limen::modules
