// FileState: what tells one state of a file from another. Needs nothing of the ABI. Any thread.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>

namespace limen {

namespace detail {

// Inode, size and times; and a file that has just been written is compared by its content too,
// because two writes may bear one time stamp.
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

}  // namespace limen
