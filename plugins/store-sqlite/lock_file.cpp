#include "lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "sqlite.h"

namespace limen_sqlite {

namespace {

// The decimal number the holder wrote; empty when there is none.
std::string holder(int file) {
  std::array<char, 32> buffer{};
  const ssize_t size = pread(file, buffer.data(), buffer.size(), 0);
  const std::string_view text(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return std::string(text.substr(0, text.find_first_not_of("0123456789")));
}

}  // namespace

LockFile::LockFile(const std::string& database) {
  const std::string path = database + ".lock";
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file_ < 0) {
    throw DatabaseError("cannot open " + path + ": " + std::strerror(errno), SQLITE_CANTOPEN);
  }
  if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    const std::string pid = holder(file_);
    close(file_);
    if (why != EWOULDBLOCK) {
      throw DatabaseError("cannot lock " + path + ": " + std::strerror(why), SQLITE_CANTOPEN);
    }
    throw DatabaseError("the database " + database + " is in use by another process" +
                            (pid.empty() ? "" : " (pid " + pid + ")") +
                            ": stop it, or give this server a database of its own",
                        SQLITE_BUSY);
  }
  // For the message above only: who cannot write it is locked all the same.
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(file_, 0) != 0 || pwrite(file_, pid.data(), pid.size(), 0) < 0) return;
}

LockFile::~LockFile() {
  // The file stays: removing it would let two processes lock two files of one name.
  close(file_);
}

}  // namespace limen_sqlite
