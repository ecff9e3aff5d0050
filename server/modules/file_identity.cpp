#include "modules/file_identity.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "modules/load_error.h"

namespace limen::modules {

FileIdentity identity_of(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) {
    throw LoadError(Gate::path, "module file \"" + file.string() +
                                    "\" cannot be read: " + std::strerror(errno));
  }
  return {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
          static_cast<std::int64_t>(info.st_size),
          static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec};
}

}  // namespace limen::modules
