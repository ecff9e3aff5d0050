#include "copies.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>

#include "history.h"
#include "lock_file.h"
#include "schema.h"
#include "sqlite.h"

namespace limen_sqlite {

namespace {

namespace fs = std::filesystem;

bool holds_bytes(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && (!S_ISREG(status.st_mode) || status.st_size > 0);
}

void remove_database(const std::string& path) {
  std::error_code ignored;
  for (const char* rest : {"", "-journal", "-wal", "-shm"}) fs::remove(path + rest, ignored);
}

// A file that is being written; it goes again unless it is kept.
class Unfinished {
 public:
  explicit Unfinished(std::string path) : path_(std::move(path)) {
    remove_database(path_);
    make_file(path_);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    if (!kept_) remove_database(path_);
  }
  const std::string& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  const std::string path_;
  bool kept_ = false;
};

// All pages in one step: one read transaction, so that the copy is of one moment. In a write-ahead
// log readers are in no writer's way.
void copy_pages(Connection& from, Connection& to) {
  to.run("PRAGMA synchronous = OFF");  // it is synced whole, once
  sqlite3_backup* const backup = sqlite3_backup_init(to.raw(), "main", from.raw(), "main");
  if (backup == nullptr) to.fail();
  const int code = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (code == SQLITE_DONE) return;
  throw DatabaseError(
      "cannot copy the database " + from.path() + " to " + to.path() + ": " + sqlite3_errstr(code),
      code & 0xff);
}

limen::StoreReport report_of(Connection& connection) {
  std::string found;
  try {
    found = connection.text("PRAGMA integrity_check(1)");
  } catch (const DatabaseError& error) {
    found = error.what();
  }
  if (found != "ok") damaged(connection.path(), found);
  const limen::StoreState state = state_of(connection);
  limen::StoreReport report;
  report.revision = state.revision;
  report.compacted = state.compacted;
  read_history(connection, state, [&](const limen::StoreChange&) {
    ++report.changes;
    return true;
  });
  report.keys = connection.number("SELECT count(*) FROM live");
  return report;
}

void move_to_new_name(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  // Not every file system can refuse to replace.
  if (errno == EINVAL && !fs::exists(to) && rename(from.c_str(), to.c_str()) == 0) return;
  throw DatabaseError("cannot make " + to + ": " + std::strerror(errno), SQLITE_CANTOPEN);
}

// Leaves out revisions.
void advance(Connection& connection, std::int64_t by) {
  const std::int64_t newest = state_of(connection).revision;
  if (by > std::numeric_limits<std::int64_t>::max() - newest) {
    throw DatabaseError(
        "cannot leave out " + std::to_string(by) + " revisions: there are not so many",
        SQLITE_ERROR);
  }
  go_on_from(connection, newest + by);
}

void refuse_data(const std::string& database) {
  if (!holds_bytes(database)) {
    if (!holds_bytes(database + "-wal")) return;
    throw NotEmptyError("there is no database " + database + ", but its log " + database +
                        "-wal holds data");
  }
  limen::StoreState state;
  try {
    state = state_of(*open_to_read(database));
  } catch (const DatabaseError& error) {
    throw NotEmptyError("what is there cannot be read: " + std::string(error.what()));
  }
  if (state.revision <= 1) return;
  throw NotEmptyError("the database " + database + " holds data up to revision " +
                      std::to_string(state.revision));
}

// After it the old file is whole by itself, if it can be, and no log of it is left that would be
// taken for that of the new one.
void end_log(const std::string& database) {
  try {
    if (holds_bytes(database)) Connection(database).run("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (const DatabaseError&) {
    // It is damaged, which may be why it is replaced.
  }
  std::error_code ignored;
  for (const char* rest : {"-wal", "-shm", "-journal"}) fs::remove(database + rest, ignored);
}

// What root restores belongs to whom the folder belongs to, or the server could not open it.
void give_to_owner(const std::string& path, const std::string& folder_of) {
  struct stat status {};
  const fs::path folder = fs::path(folder_of).parent_path();
  if (geteuid() != 0 || stat(folder.empty() ? "." : folder.c_str(), &status) != 0) return;
  if (chown(path.c_str(), status.st_uid, status.st_gid) != 0) {
    throw DatabaseError("cannot give " + path + " to its folder's owner: " + std::strerror(errno),
                        SQLITE_PERM);
  }
}

}  // namespace

limen::StoreReport save_copy(const std::string& database, const std::string& file) {
  if (!holds_bytes(database)) {
    throw DatabaseError("there is no database " + database + " to copy", SQLITE_CANTOPEN);
  }
  if (fs::exists(fs::symlink_status(file))) {
    throw DatabaseError(file + " exists already: name another file", SQLITE_CANTOPEN);
  }
  Unfinished part(file + ".part");
  limen::StoreReport report;
  {
    const auto source = open_to_read(database);
    Connection target(part.path());
    copy_pages(*source, target);
    target.run("PRAGMA journal_mode = DELETE");
    report = report_of(target);
  }
  sync_file(part.path());
  move_to_new_name(part.path(), file);
  part.keep();
  sync_folder_of(file);
  return report;
}

limen::StoreReport verify_copy(const std::string& file) {
  if (!fs::exists(file)) throw DatabaseError("there is no file " + file, SQLITE_CANTOPEN);
  return report_of(*open_to_read(file));
}

limen::StoreReport restore_copy(const std::string& database, const std::string& file,
                                const limen::StoreRestore& options) {
  verify_copy(file);
  ensure_folder(database);
  const LockFile lock(database);
  give_to_owner(database + ".lock", database);
  if (!options.replace) refuse_data(database);
  Unfinished fresh(database + ".restored");
  limen::StoreReport report;
  {
    const auto source = open_to_read(file);
    Connection target(fresh.path());
    copy_pages(*source, target);
    if (options.advance > 0) advance(target, options.advance);
    target.run("PRAGMA journal_mode = WAL");
    report = report_of(target);
  }
  sync_file(fresh.path());
  give_to_owner(fresh.path(), database);
  end_log(database);
  if (rename(fresh.path().c_str(), database.c_str()) != 0) {
    throw DatabaseError("cannot make the database " + database + ": " + std::strerror(errno),
                        SQLITE_CANTOPEN);
  }
  fresh.keep();
  sync_folder_of(database);
  return report;
}

}  // namespace limen_sqlite
