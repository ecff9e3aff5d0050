// Retirer: takes the instances of old generations down, in the background.
//
// An instance is retired when no request pins a generation that uses it, or when the drain timeout
// is over: then its open calls are cancelled. kAtOnce of them drain at the same time, whichever
// generations they are of, so that one whose calls take long holds no other up; control functions
// of modules run through the Runtime's gate, so that they never overlap with each other or a build.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "modules/generation.h"

namespace limen::modules {

class Retirer {
 public:
  static constexpr std::size_t kAtOnce = 4;

  using Retire = std::function<void(const std::shared_ptr<ModuleInstance>&)>;
  // `retire` takes one instance down; called on the retirer's threads, several at a time.
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
  std::optional<std::shared_ptr<ModuleInstance>> take_ready_locked();

  const Retire retire_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Entry> waiting_;
  std::vector<std::shared_ptr<ModuleInstance>> going_;  // that are being taken down
  bool looking_ = false;  // whether a thread looks for what has become ready
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // started when there is something for them
};

}  // namespace limen::modules
