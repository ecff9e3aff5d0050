// FileIdentity: by which a module's file is known again, or known to be another.
//
// A value; any thread.
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace limen::modules {

struct FileIdentity {
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = 0;         // bytes
  std::int64_t modified_ns = 0;  // since 1970
  bool operator==(const FileIdentity&) const = default;
  // The same file on disk, though perhaps with other bytes in it.
  bool same_inode(const FileIdentity& other) const {
    return device == other.device && inode == other.inode;
  }
};

FileIdentity identity_of(const struct stat& info);

}  // namespace limen::modules
