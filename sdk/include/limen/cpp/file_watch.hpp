// FileWatch: tells when files have changed. Reloaded: the last good reading of files that change.
//
//   limen::Reloaded<Users> users_;                       // in the constructor:
//   users_(host, "users", {path}, [=] { return read_users(path); })
//   users_.start();                                      // in start()
//   users_.get()->find(name);                            // any thread
//
// Files are looked at a few times a second and told apart by inode, size and times, so that writing
// in place, renaming over and swapping a symbolic link all count.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "limen/cpp/file_state.hpp"
#include "limen/cpp/host.hpp"

namespace limen {

// Make it before the files are read for the first time, so that no change falls between. Thread
// rule: start() once, from the plugin's start(). `changed` runs on a worker thread, one call at a
// time, and not after the plugin has stopped; what it throws is logged.
class FileWatch {
 public:
  FileWatch(Host& host, std::vector<std::string> paths, std::function<void()> changed,
            std::chrono::nanoseconds interval = kFileWatchInterval)
      : host_(host),
        paths_(std::move(paths)),
        changed_(std::move(changed)),
        interval_(interval),
        states_(look()) {}
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  Result<void> start() { return schedule(); }

 private:
  using States = std::vector<detail::FileState>;

  States look() const {
    const std::chrono::nanoseconds young = interval_ + std::chrono::seconds(2);
    States states;
    states.reserve(paths_.size());
    for (const std::string& path : paths_) {
      states.push_back(detail::FileState::of(path, young));
    }
    return states;
  }

  Result<void> schedule() {
    return host_.executor().post_after(interval_, [this] {
      try {
        compare();
      } catch (const std::exception& error) {
        host_.log().error("a changed file was not handled", {{"error", error.what()}});
      }
      const Result<void> again = schedule();
      if (!again.ok()) {
        host_.log().warn("changed files will not be noticed any more",
                         {{"error", again.error().message}});
      }
    });
  }

  void compare() {
    States now = look();
    bool differs = false;
    for (std::size_t i = 0; i < now.size(); ++i) differs |= now[i].differs(states_[i]);
    states_ = std::move(now);
    if (differs) changed_();
  }

  Host& host_;
  const std::vector<std::string> paths_;
  const std::function<void()> changed_;
  const std::chrono::nanoseconds interval_;
  States states_;
};

// The last good reading of files. A new state of the files that cannot be read leaves the old
// reading in force, and is logged and counted in reloads_total{what,outcome}. An authorizer's new
// reading counts as changed rights (rights.h). Thread rule: get()
// from any thread; start() from the plugin's start().
template <class Value>
class Reloaded {
 public:
  using Ptr = std::shared_ptr<const Value>;

  // `what` names the content in logs and metrics ("tokens"). `read` makes a Value from the files or
  // throws an exception whose text says what is wrong with which; here it is a ConfigError.
  // `replaced` is told of each new reading once it is in force; may be null.
  Reloaded(Host& host, std::string what, std::vector<std::string> paths,
           std::function<Value()> read, std::function<void()> replaced = nullptr,
           std::chrono::nanoseconds interval = kFileWatchInterval)
      : host_(host),
        what_(std::move(what)),
        read_(std::move(read)),
        replaced_(std::move(replaced)),
        reloads_(host.metrics().family<Counter>("reloads_total", "Attempts to read changed files.",
                                                {"what", "outcome"})),
        watch_(
            host, std::move(paths), [this] { reload(); }, interval) {
    try {
      set(std::make_shared<const Value>(read_()));
    } catch (const ConfigError&) {
      throw;
    } catch (const std::exception& error) {
      throw ConfigError(error.what());
    }
  }

  Result<void> start() { return watch_.start(); }

  // Never null.
  Ptr get() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return value_;
  }

 private:
  // `fresh`, by then the old reading, goes when the caller is done.
  void set(Ptr fresh) {
    const std::lock_guard<std::mutex> lock(mutex_);
    value_.swap(fresh);
  }

  void reload() {
    try {
      set(std::make_shared<const Value>(read_()));
    } catch (const std::exception& error) {
      reloads_.with({what_, "failure"}).add();
      host_.log().error("changed files cannot be used, the last good state stays in force",
                        {{"what", what_}, {"error", error.what()}});
      return;
    }
    reloads_.with({what_, "success"}).add();
    host_.log().info("changed files are in force", {{"what", what_}});
    if (replaced_) replaced_();
    host_.rights().changed();
  }

  Host& host_;
  const std::string what_;
  const std::function<Value()> read_;
  const std::function<void()> replaced_;
  Family<Counter> reloads_;
  // Not std::atomic: that of gcc 12 is a data race by its own memory model (GCC bug 104442).
  mutable std::mutex mutex_;
  Ptr value_;
  FileWatch watch_;
};

}  // namespace limen
