#include "base/file_watcher.h"

#include <pthread.h>

#include <utility>

namespace limen::base {

std::vector<limen::detail::FileState> FileWatcher::look(
    const std::vector<std::string>& paths) const {
  std::vector<limen::detail::FileState> states;
  for (const std::string& path : paths) {
    states.push_back(limen::detail::FileState::of(path, interval_ + std::chrono::seconds(2)));
  }
  return states;
}

void FileWatcher::watch(std::vector<std::string> paths, std::function<void()> changed) {
  const std::lock_guard lock(mutex_);
  std::vector<limen::detail::FileState> states = look(paths);
  watched_.push_back({std::move(paths), std::move(states), std::move(changed)});
  if (thread_.joinable() || stopping_) return;
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "limen-files");
}

void FileWatcher::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void FileWatcher::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, interval_, [this] { return stopping_; })) look_at_all();
}

// Under the lock: who registers waits for callbacks, which are few and short.
void FileWatcher::look_at_all() {
  for (Watched& one : watched_) {
    std::vector<limen::detail::FileState> now = look(one.paths);
    bool differs = false;
    for (std::size_t i = 0; i < now.size(); ++i) differs = differs || now[i].differs(one.states[i]);
    one.states = std::move(now);
    if (differs) one.changed();
  }
}

}  // namespace limen::base
