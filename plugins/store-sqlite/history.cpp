#include "history.h"

#include <algorithm>

#include "checksum.h"

namespace limen_sqlite {

namespace {

class Reader {
 public:
  Reader(Connection& connection, const limen::StoreState& state)
      : connection_(connection), state_(state) {
    last_ = std::max<std::int64_t>(1, state.compacted);  // an empty store is at revision 1
  }

  void read(const std::function<bool(const limen::StoreChange&)>& each) {
    Statement rows(connection_,
                   "SELECT revision, key, previous, created, removed, value, checksum "
                   "FROM change ORDER BY revision");
    while (rows.step()) {
      limen::StoreChange change;
      change.revision = rows.number(0);
      change.key = rows.bytes(1);
      change.created = rows.number(3);
      change.removed = rows.number(4) != 0;
      change.value = rows.bytes(5);
      check(change, rows.number(2), static_cast<std::uint64_t>(rows.number(6)));
      if (!each(change)) return;
    }
    if (last_ != state_.revision) fail("the newest changes are missing");
    if (live_ != live_checksum()) fail("its index of live keys differs from its changes");
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { damaged(connection_.path(), what); }

  // Throws unless the row is what was written, where it belongs.
  void check(const limen::StoreChange& change, std::int64_t previous, std::uint64_t stored) {
    const std::string name = "the change at revision " + std::to_string(change.revision);
    if (checksum(change.revision, change.key, change.value) != stored) {
      fail(name + " is not what was written");
    }
    if (change.revision > state_.compacted) {
      if (change.revision != last_ + 1) fail("changes before " + name + " are missing");
      last_ = change.revision;
      if (previous > 0) live_ -= checksum(previous, change.key, {});
    } else if (change.removed) {
      fail(name + " should have been forgotten");
    }
    if (!change.removed) live_ += checksum(change.revision, change.key, {});
  }

  // The sum of the checksums of what `live` says is there.
  std::uint64_t live_checksum() {
    std::uint64_t sum = 0;
    Statement rows(connection_, "SELECT key, revision FROM live");
    while (rows.step()) sum += checksum(rows.number(1), rows.bytes(0), {});
    return sum;
  }

  Connection& connection_;
  const limen::StoreState state_;
  std::uint64_t live_ = 0;  // of the checksums of what should be in `live`
  std::int64_t last_ = 0;   // revision
};

}  // namespace

void damaged(const std::string& path, const std::string& what) {
  throw DatabaseError(
      "the database " + path + " is damaged: " + what + "; restore it from a backup", SQLITE_ERROR);
}

limen::StoreState state_of(Connection& connection) {
  try {
    limen::StoreState state;
    state.compacted = connection.number("SELECT value FROM mark WHERE name = 'compacted'");
    // The newest change may have been forgotten, its revision may not.
    state.revision = std::max(
        {std::int64_t{1}, state.compacted, connection.number("SELECT max(revision) FROM change")});
    return state;
  } catch (const DatabaseError& error) {
    // SQLITE_ERROR: a table or a column that should be there is not.
    if (error.code() == SQLITE_CORRUPT || error.code() == SQLITE_ERROR) {
      damaged(connection.path(), error.what());
    }
    throw;
  }
}

void read_history(Connection& connection, const limen::StoreState& state,
                  const std::function<bool(const limen::StoreChange&)>& each) {
  try {
    Reader(connection, state).read(each);
  } catch (const DatabaseError& error) {
    // What SQLite itself found; what was found here is said already.
    if (error.code() == SQLITE_CORRUPT) damaged(connection.path(), error.what());
    throw;
  }
}

void go_on_from(Connection& connection, std::int64_t revision) {
  connection.run("BEGIN IMMEDIATE");
  try {
    connection.run("DELETE FROM change WHERE revision NOT IN (SELECT revision FROM live)");
    Statement mark(connection, "UPDATE mark SET value = ?1 WHERE name = 'compacted'");
    mark.bind(1, revision).run();
    connection.run("COMMIT");
  } catch (const DatabaseError&) {
    // SQLite rolls back by itself after some errors.
    if (sqlite3_get_autocommit(connection.raw()) == 0) {
      sqlite3_exec(connection.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
    throw;
  }
}

}  // namespace limen_sqlite
