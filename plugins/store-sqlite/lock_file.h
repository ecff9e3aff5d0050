// LockFile: one process on one database.
//
// Held from construction to destruction; the kernel lets go of it when the process ends, however it
// ends. A file of its own beside the database, because SQLite's locks on the database itself are
// lost when anybody in the process closes it. Thread rule: one thread.
#pragma once

#include <string>

namespace limen_sqlite {

class LockFile {
 public:
  // Locks `<database>.lock`. Throws DatabaseError that names the process which holds it.
  explicit LockFile(const std::string& database);
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();

 private:
  int file_ = -1;
};

}  // namespace limen_sqlite
