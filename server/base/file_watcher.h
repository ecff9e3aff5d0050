// FileWatcher: tells when files that the server itself goes by have changed.
//
// One thread looks at all of them four times a second, as modules do with the SDK's FileWatch, and
// calls what was registered. Thread rule: watch() and stop() from one thread; callbacks run on the
// watcher's own, one at a time. Lifetime: stop() before what the callbacks use goes away.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <limen/cpp/file_state.hpp>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace limen::base {

class FileWatcher {
 public:
  explicit FileWatcher(std::chrono::milliseconds interval = kFileWatchInterval)
      : interval_(interval) {}
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;
  ~FileWatcher() { stop(); }

  // Calls `changed` after any of the files differs from what it is now: register before reading.
  // `changed` must not throw.
  void watch(std::vector<std::string> paths, std::function<void()> changed);
  // No callback runs after this.
  void stop();

 private:
  struct Watched {
    std::vector<std::string> paths;
    std::vector<limen::detail::FileState> states;
    std::function<void()> changed;
  };
  std::vector<limen::detail::FileState> look(const std::vector<std::string>& paths) const;
  void run();
  void look_at_all();

  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Watched> watched_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace limen::base
