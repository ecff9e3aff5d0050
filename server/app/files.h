// Files of the server's own: written whole or not at all, private where they must be.
//
// Errors are std::runtime_error with one sentence that begins with the path; contents never appear
// in one. No global state; any thread.
#pragma once

#include <string>
#include <string_view>

namespace limen::app {

enum class Privacy {
  open,    // 0644
  secret,  // 0600
};

bool file_exists(const std::string& path);

// Reads a regular file of at most `limit` bytes.
std::string read_file(const std::string& path, std::size_t limit = 1024 * 1024);

// Writes beside the target, syncs, then renames over it: a reader, or a crash, finds the old file
// or the new one. The mode is set before the first byte is written.
void write_file(const std::string& path, std::string_view content, Privacy privacy);

// Makes a folder and those above it, 0700 for what it makes. One that exists is left as it is.
void make_folder(const std::string& path);

// `path` as an absolute path, by the current folder; symbolic links are kept.
std::string absolute_path(const std::string& path);

// Holds an advisory lock on a file from construction to destruction; waits for it. For two `init`
// at one time.
class FileLock {
 public:
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace limen::app
