#include "audit/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>

namespace limen::audit {

LogFile::LogFile(std::string path, Rotation rotation)
    : path_(std::move(path)), rotation_(rotation), backups_(path_, rotation) {
  if (!open()) throw std::runtime_error(trouble_);
  if (!is_stdout()) backups_.tidy(std::chrono::system_clock::now());
}

LogFile::~LogFile() {
  if (fd_ >= 0 && !is_stdout()) ::close(fd_);
}

bool LogFile::failed(std::string_view what) {
  trouble_ = path_ + ": " + std::string(what) + ": " + std::generic_category().message(errno);
  return false;
}

bool LogFile::open() {
  if (is_stdout()) {
    fd_ = STDOUT_FILENO;
    return true;
  }
  // Not to wait for the other end of a pipe, which is refused.
  const int fd =
      ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
  if (fd < 0) return failed("cannot be opened");
  struct stat about {};
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
    ::close(fd);
    trouble_ = path_ + ": is not a regular file; \"-\" is standard output";
    return false;
  }
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  size_ = static_cast<std::size_t>(about.st_size);
  return true;
}

bool LogFile::append(std::string_view lines) {
  std::size_t done = 0;
  while (done < lines.size()) {
    const ssize_t wrote = ::write(fd_, lines.data() + done, lines.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      failed("cannot be written");
      // A line that was cut would spoil the next one.
      if (!is_stdout() && done > 0 && ::ftruncate(fd_, static_cast<off_t>(size_)) != 0) {
        size_ += done;
      }
      return false;
    }
    done += static_cast<std::size_t>(wrote);
  }
  size_ += done;
  return true;
}

bool LogFile::is_full(std::size_t pending, std::size_t bytes) const {
  const std::size_t before = size_ + pending;
  return rotation_.max_bytes != 0 && !is_stdout() && before > 0 &&
         before + bytes > rotation_.max_bytes;
}

bool LogFile::rotate() {
  const auto now = std::chrono::system_clock::now();
  if (::rename(path_.c_str(), backups_.free_name(now).c_str()) != 0) {
    return failed("cannot be renamed");
  }
  if (!open()) return false;
  backups_.tidy(now);
  return true;
}

bool LogFile::follow() {
  if (is_stdout()) return true;
  struct stat ours {};
  struct stat named {};
  if (::fstat(fd_, &ours) == 0 && ::stat(path_.c_str(), &named) == 0 &&
      ours.st_dev == named.st_dev && ours.st_ino == named.st_ino) {
    // Somebody may have emptied it (logrotate's copytruncate).
    size_ = static_cast<std::size_t>(ours.st_size);
    return true;
  }
  return open();
}

bool LogFile::reopen() { return is_stdout() || open(); }

}  // namespace limen::audit
