#include "schema.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace limen_sqlite {

namespace {

namespace fs = std::filesystem;

constexpr const char* kTables = R"sql(
BEGIN IMMEDIATE;
-- Every change since `compacted`, and of the changes before it those that still are somebody's state.
CREATE TABLE change(
  revision INTEGER PRIMARY KEY,
  key      TEXT    NOT NULL,
  previous INTEGER NOT NULL,   -- the key's change before this one; 0: the key was created
  created  INTEGER NOT NULL,   -- the revision the key was created at
  removed  INTEGER NOT NULL,   -- 1: the key went with this change
  value    BLOB    NOT NULL,
  checksum INTEGER NOT NULL) STRICT;
-- The newest change of every key there is.
CREATE TABLE live(
  key      TEXT    PRIMARY KEY,
  revision INTEGER NOT NULL,
  created  INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE mark(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO mark VALUES('compacted', 0);
PRAGMA application_id = 0x4C494D4E;
PRAGMA user_version = 1;
COMMIT;
)sql";

void make_folder(const fs::path& folder) {
  if (folder.empty() || fs::exists(folder)) return;
  make_folder(folder.parent_path());
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw DatabaseError("cannot make the folder " + folder.string() + ": " + std::strerror(errno),
                        SQLITE_CANTOPEN);
  }
}

[[noreturn]] void refuse(const std::string& path, const std::string& why, int code) {
  throw DatabaseError("the database " + path + " " + why, code);
}

// What is wrong with the file, from SQLite's point of view.
[[noreturn]] void refuse_unreadable(const std::string& path, const DatabaseError& error) {
  if (error.code() == SQLITE_NOTADB) {
    refuse(path, "is not a database: move the file away, or give another path", error.code());
  }
  if (error.code() == SQLITE_CORRUPT) {
    refuse(path, "is damaged: restore it from a backup (" + std::string(error.what()) + ")",
           error.code());
  }
  throw error;
}

void use_log(Connection& connection) {
  if (connection.text("PRAGMA journal_mode = WAL") != "wal") {
    refuse(connection.path(),
           "cannot use a write-ahead log on its file system: put it on a local disk",
           SQLITE_CANTOPEN);
  }
}

void configure(Connection& connection) {
  use_log(connection);
  // FULL: a commit returns when the log is on the disk. Checkpoints are the checkpointer's work.
  connection.run("PRAGMA synchronous = FULL");
  connection.run("PRAGMA wal_autocheckpoint = 0");
  connection.run("PRAGMA journal_size_limit = 16777216");
  connection.run("PRAGMA cell_size_check = ON");
  connection.run("PRAGMA temp_store = MEMORY");
}

void check_owner(Connection& connection) {
  const std::int64_t application = connection.number("PRAGMA application_id");
  const std::int64_t format = connection.number("PRAGMA user_version");
  if (application != kApplicationId) {
    std::array<char, 16> id{};
    std::snprintf(id.data(), id.size(), "0x%08llx", static_cast<unsigned long long>(application));
    refuse(connection.path(),
           "belongs to another program (application id " + std::string(id.data()) +
               "): give another path",
           SQLITE_ERROR);
  }
  if (format != kFormat) {
    refuse(connection.path(),
           "has format " + std::to_string(format) + ", this server reads format " +
               std::to_string(kFormat) + ": use the limen that wrote it, or a newer one",
           SQLITE_ERROR);
  }
}

// An empty database, made under another name and put into its place when it is whole: at no moment
// is there half a database, and one sync makes all of it durable.
void make_database(const std::string& path) {
  const std::string fresh = path + ".new";
  for (const char* rest : {"", "-journal", "-wal", "-shm"}) fs::remove(fresh + rest);
  make_file(fresh);
  {
    Connection connection(fresh);
    connection.run("PRAGMA synchronous = OFF");
    connection.run(kTables);
    use_log(connection);
  }
  sync_file(fresh);
  if (rename(fresh.c_str(), path.c_str()) != 0) {
    throw DatabaseError("cannot make the database " + path + ": " + std::strerror(errno),
                        SQLITE_CANTOPEN);
  }
  sync_folder_of(path);
}

}  // namespace

void make_file(const std::string& path) {
  const int handle = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (handle < 0) {
    throw DatabaseError("cannot make the database " + path + ": " + std::strerror(errno),
                        SQLITE_CANTOPEN);
  }
  close(handle);
}

void sync_file(const std::string& path) {
  const int handle = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = handle >= 0 && fsync(handle) == 0;
  const int why = errno;
  if (handle >= 0) close(handle);
  if (!synced) {
    throw DatabaseError("cannot make the database " + path + ": " + std::strerror(why),
                        SQLITE_IOERR);
  }
}

// The file's name must be as durable as what is committed to it.
void sync_folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  const int handle =
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;
  fsync(handle);
  close(handle);
}

void ensure_folder(const std::string& path) { make_folder(fs::path(path).parent_path()); }

void ensure_file(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) refuse(path, "is not a regular file", SQLITE_CANTOPEN);
    if (status.st_size > 0) return;
  } else if (errno != ENOENT) {
    throw DatabaseError("cannot open the database " + path + ": " + std::strerror(errno),
                        SQLITE_CANTOPEN);
  }
  // A log without its database is somebody's data, and would be taken for the new database's.
  if (stat((path + "-wal").c_str(), &status) == 0 && status.st_size > 0) {
    refuse(path,
           "is missing or empty, but its log " + path +
               "-wal is there: put the database back, or move the log away",
           SQLITE_CANTOPEN);
  }
  make_database(path);
}

std::unique_ptr<Connection> open_database(const std::string& path) {
  auto connection = std::make_unique<Connection>(path);
  try {
    check_owner(*connection);
    configure(*connection);
  } catch (const DatabaseError& error) {
    refuse_unreadable(path, error);
  }
  return connection;
}

std::unique_ptr<Connection> open_to_read(const std::string& path) {
  auto connection = std::make_unique<Connection>(path);
  try {
    check_owner(*connection);
    connection->run("PRAGMA query_only = ON");
    connection->run("PRAGMA cell_size_check = ON");
  } catch (const DatabaseError& error) {
    refuse_unreadable(path, error);
  }
  return connection;
}

std::unique_ptr<Connection> open_second(const std::string& path) {
  auto connection = std::make_unique<Connection>(path);
  connection->run("PRAGMA synchronous = FULL");
  connection->run("PRAGMA wal_autocheckpoint = 0");
  connection->run("PRAGMA cache_size = -256");
  return connection;
}

}  // namespace limen_sqlite
