// FileWatch: tells when files have changed. Reloaded: the last good reading of files that change.
//
//   limen::Reloaded<Users> users_;                       // in the constructor:
//   users_(host, "users", {path}, [=] { return read_users(path); })
//   users_.start();                                      // in start()
//   users_.get()->find(name);                            // any thread
//
// Files are looked at a few times a second and told apart by inode, size and times, so that writing
// in place, renaming over and swapping a symbolic link all count. A file that has just been written
// is compared by its content too, because two writes may bear one time stamp.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limen/cpp/host.hpp"

namespace limen {

namespace detail {

// What tells one state of a file from another.
struct FileState {
  bool exists = false;
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;
  std::optional<std::size_t> content;  // a hash, when the file is younger than `young`

  static FileState of(const std::string& path, std::chrono::nanoseconds young) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    FileState state;
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) return state;
    state.exists = true;
    state.device = about.st_dev;
    state.inode = about.st_ino;
    state.size = about.st_size;
    state.modified_ns = about.st_mtim.tv_sec * kSecond + about.st_mtim.tv_nsec;
    state.changed_ns = about.st_ctim.tv_sec * kSecond + about.st_ctim.tv_nsec;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    if (std::chrono::nanoseconds(now).count() - state.changed_ns < young.count()) {
      std::ifstream file(path, std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      state.content = std::hash<std::string>()(text);
    }
    return state;
  }

  bool differs(const FileState& other) const {
    if (exists != other.exists || device != other.device || inode != other.inode ||
        size != other.size || modified_ns != other.modified_ns || changed_ns != other.changed_ns) {
      return true;
    }
    return content && other.content && *content != *other.content;
  }
};

}  // namespace detail

inline constexpr std::chrono::milliseconds kFileWatchInterval{250};

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
// reading in force, and is logged and counted in reloads_total{what,outcome}. Thread rule: get()
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
      value_.store(std::make_shared<const Value>(read_()));
    } catch (const ConfigError&) {
      throw;
    } catch (const std::exception& error) {
      throw ConfigError(error.what());
    }
  }

  Result<void> start() { return watch_.start(); }

  // Never null.
  Ptr get() const { return value_.load(std::memory_order_acquire); }

 private:
  void reload() {
    try {
      value_.store(std::make_shared<const Value>(read_()), std::memory_order_release);
    } catch (const std::exception& error) {
      reloads_.with({what_, "failure"}).add();
      host_.log().error("changed files cannot be used, the last good state stays in force",
                        {{"what", what_}, {"error", error.what()}});
      return;
    }
    reloads_.with({what_, "success"}).add();
    host_.log().info("changed files are in force", {{"what", what_}});
    if (replaced_) replaced_();
  }

  Host& host_;
  const std::string what_;
  const std::function<Value()> read_;
  const std::function<void()> replaced_;
  Family<Counter> reloads_;
  std::atomic<Ptr> value_{nullptr};
  FileWatch watch_;
};

}  // namespace limen
