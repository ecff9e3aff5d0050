// Backups: the files a log was rotated into. NAME.EXT has them beside it as
// NAME-2026-11-24T02-31-48.123.EXT (UTC), compressed with .gz behind it; other files are left
// alone.
//
// What is too old or too much is removed at once; what is to be compressed is so by a thread of its
// own, one file after another, and the last file is whole or not there. Thread rule: one thread.
// Lifetime: the destructor cuts a compression short; it is done again the next time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"

namespace limen::audit {

struct Rotation {
  std::size_t max_bytes = 0;     // a longer line has a file of its own; 0: no rotation
  std::size_t max_backups = 0;   // 0: all
  std::chrono::hours max_age{};  // 0: for ever
  bool compress = false;         // gzip (RFC 1952)
};

class Backups {
 public:
  // Of the log at `path`.
  Backups(const std::string& path, const Rotation& rotation);
  ~Backups();
  Backups(const Backups&) = delete;
  Backups& operator=(const Backups&) = delete;

  // A name for a backup made `now`; a later one when there is one of the same millisecond.
  std::filesystem::path free_name(base::SystemTime now) const;
  // Removes and compresses, as the rotation says. Waits for the compression before.
  void tidy(base::SystemTime now);

 private:
  struct Backup {
    base::SystemTime time;
    std::filesystem::path file;
    bool compressed = false;
  };
  std::vector<Backup> list() const;  // the newest first
  void compress(const std::vector<std::filesystem::path>& files) const;
  void wait();

  const std::filesystem::path folder_;
  const std::string prefix_, suffix_;
  const Rotation rotation_;
  std::thread compressing_;
  std::atomic<bool> stopping_{false};
};

}  // namespace limen::audit
