#include "app/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "base/strings.h"

namespace limen::app {

namespace {

[[noreturn]] void fail(const std::string& path, int error) {
  throw std::runtime_error(path + ": " + std::generic_category().message(error));
}

// Closes a descriptor on every way out.
struct Descriptor {
  int fd;
  explicit Descriptor(int opened) : fd(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

void write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync_folder(const std::filesystem::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.fd >= 0) ::fsync(opened.fd);
}

}  // namespace

bool file_exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

std::string read_file(const std::string& path, std::size_t limit) {
  const Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (opened.fd < 0) fail(path, errno);
  struct stat status {};
  if (::fstat(opened.fd, &status) != 0) fail(path, errno);
  if (!S_ISREG(status.st_mode)) throw std::runtime_error(path + ": is not a regular file");
  std::string out;
  char buffer[16384];
  while (true) {
    const ssize_t got = ::read(opened.fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, errno);
    if (got == 0) return out;
    out.append(buffer, static_cast<std::size_t>(got));
    if (out.size() > limit) {
      throw std::runtime_error(path + ": is larger than " + std::to_string(limit) + " bytes");
    }
  }
}

void write_file(const std::string& path, std::string_view content, Privacy privacy) {
  const std::string beside = path + ".new-" + base::random_name_suffix(8);
  const mode_t mode = privacy == Privacy::secret ? 0600 : 0644;
  {
    const Descriptor opened(
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (opened.fd < 0) fail(path, errno);
    try {
      if (::fchmod(opened.fd, mode) != 0) fail(path, errno);
      write_all(opened.fd, content, path);
      if (::fsync(opened.fd) != 0) fail(path, errno);
    } catch (...) {
      ::unlink(beside.c_str());
      throw;
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(beside.c_str());
    fail(path, error);
  }
  sync_folder(std::filesystem::path(path).parent_path());
}

void make_folder(const std::string& path) {
  std::filesystem::path so_far;
  for (const auto& part : std::filesystem::path(path)) {
    so_far /= part;
    if (::mkdir(so_far.c_str(), 0700) == 0 || errno == EEXIST) continue;
    const int error = errno;
    if (std::filesystem::is_directory(so_far)) continue;
    fail(so_far.string(), error);
  }
  if (!std::filesystem::is_directory(path)) fail(path, ENOTDIR);
}

std::string absolute_path(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

FileLock::FileLock(const std::string& path)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  if (fd_ < 0) fail(path, errno);
  while (::flock(fd_, LOCK_EX) != 0) {
    if (errno != EINTR) {
      const int error = errno;
      ::close(fd_);
      fail(path, error);
    }
  }
}

FileLock::~FileLock() { ::close(fd_); }

}  // namespace limen::app
