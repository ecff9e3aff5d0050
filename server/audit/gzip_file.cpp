#include "audit/gzip_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace limen::audit {

namespace {

std::string problem(const std::string& file) {
  return file + ": " + std::generic_category().message(errno);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

// Why not; empty: all of it, or told to stop.
std::string compress(int from, const std::string& from_name, const std::string& to_name,
                     const std::atomic<bool>& stop) {
  const int to = ::open(to_name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (to < 0) return problem(to_name);
  const gzFile out = gzdopen(to, "wb");
  if (out == nullptr) {
    ::close(to);
    return to_name + ": not enough memory";
  }
  std::string failure;
  std::array<char, 64 * 1024> buffer;
  while (!stop.load() && failure.empty()) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) failure = problem(from_name);
    if (got <= 0) break;
    const auto size = static_cast<unsigned>(got);
    if (gzwrite(out, buffer.data(), size) != static_cast<int>(size)) failure = problem(to_name);
  }
  if (gzclose(out) != Z_OK && failure.empty()) failure = problem(to_name);
  return failure;
}

}  // namespace

std::string gzip_file(const std::string& file, const std::atomic<bool>& stop) {
  const Descriptor from(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (from.get() < 0) return problem(file);
  const std::string unfinished = file + ".gz.part";
  std::string failure = compress(from.get(), file, unfinished, stop);
  if (failure.empty() && !stop.load() &&
      ::rename(unfinished.c_str(), (file + ".gz").c_str()) != 0) {
    failure = problem(unfinished);
  }
  if (!failure.empty() || stop.load()) {
    ::unlink(unfinished.c_str());
    return failure;
  }
  return ::unlink(file.c_str()) == 0 ? std::string() : problem(file);
}

}  // namespace limen::audit
