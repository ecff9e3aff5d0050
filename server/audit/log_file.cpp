#include "audit/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "base/time.h"
#include "observability/log.h"

namespace limen::audit {

namespace {

namespace fs = std::filesystem;

// 2026-11-24T02-31-48.123: times in names hold no colon, and sort as they pass.
std::string backup_stamp(base::SystemTime time) {
  std::string stamp = base::format_micro_time(time).substr(0, 23);
  std::replace(stamp.begin(), stamp.end(), ':', '-');
  return stamp;
}

std::optional<base::SystemTime> stamp_time(std::string stamp) {
  if (stamp.size() != 23 || stamp[13] != '-' || stamp[16] != '-') return std::nullopt;
  stamp[13] = stamp[16] = ':';
  return base::parse_time(stamp + "Z");
}

fs::path backup_path(const fs::path& path, base::SystemTime time) {
  return path.parent_path() /
         (path.stem().string() + '-' + backup_stamp(time) + path.extension().string());
}

}  // namespace

LogFile::LogFile(std::string path, Rotation rotation)
    : path_(std::move(path)), rotation_(rotation) {
  if (!open()) throw std::runtime_error(trouble_);
  remove_old_backups();
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
  auto now = std::chrono::system_clock::now();
  // Two rotations in one millisecond must not meet.
  while (fs::exists(backup_path(path_, now))) now += std::chrono::milliseconds(1);
  if (::rename(path_.c_str(), backup_path(path_, now).c_str()) != 0) {
    return failed("cannot be renamed");
  }
  if (!open()) return false;
  remove_old_backups();
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

void LogFile::remove_old_backups() const {
  if (is_stdout() || (rotation_.max_backups == 0 && rotation_.max_age.count() == 0)) return;
  const fs::path path(path_);
  const std::string prefix = path.stem().string() + '-';
  const std::string suffix = path.extension().string();
  std::vector<std::pair<base::SystemTime, fs::path>> backups;
  std::error_code error;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.size() != prefix.size() + 23 + suffix.size() || !name.starts_with(prefix) ||
        !name.ends_with(suffix)) {
      continue;
    }
    if (const auto time = stamp_time(name.substr(prefix.size(), 23))) {
      backups.emplace_back(*time, it->path());
    }
  }
  std::sort(backups.begin(), backups.end(), std::greater<>());
  const auto oldest = std::chrono::system_clock::now() - rotation_.max_age;
  for (std::size_t i = 0; i < backups.size(); ++i) {
    const bool too_many = rotation_.max_backups != 0 && i >= rotation_.max_backups;
    const bool too_old = rotation_.max_age.count() != 0 && backups[i].first < oldest;
    if (!too_many && !too_old) continue;
    if (!fs::remove(backups[i].second, error)) {
      log::warn("a rotated audit log could not be removed",
                {{"file", backups[i].second.string()}, {"error", error.message()}});
    }
  }
}

}  // namespace limen::audit
