#include "common/text_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace limen::plugins {

std::string read_text_file(const std::string& path, std::uintmax_t max_bytes) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) throw FileError(path + ": " + std::strerror(errno));
  if (!S_ISREG(about.st_mode)) throw FileError(path + ": is not a regular file");
  if (static_cast<std::uintmax_t>(about.st_size) > max_bytes) {
    throw FileError(path + ": is larger than " + std::to_string(max_bytes) + " bytes");
  }
  std::ifstream in(path, std::ios::binary);
  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  if (!in || !in.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    throw FileError(path + ": cannot be read");
  }
  return text;
}

bool is_world_readable(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && (about.st_mode & S_IROTH) != 0;
}

}  // namespace limen::plugins
