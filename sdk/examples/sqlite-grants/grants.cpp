#include "grants.h"

#include <sqlite3.h>

#include <stdexcept>

namespace acme {

namespace {

constexpr int kBusyMilliseconds = 500;

constexpr const char* kQuestion =
    "SELECT rowid FROM grants WHERE subject = ?1 AND verb IN (?2, '*') AND resource IN (?3, '*')"
    " AND namespace IN (?4, '*') AND name IN (?5, '*') ORDER BY rowid LIMIT 1";

[[noreturn]] void fail(sqlite3* database) {
  throw std::runtime_error(database == nullptr ? "out of memory" : sqlite3_errmsg(database));
}

// Gives the statement back unbound, whatever happens: its texts are the caller's.
struct Reset {
  sqlite3_stmt* statement;
  ~Reset() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

}  // namespace

void Grants::Close::operator()(sqlite3* database) const { sqlite3_close(database); }
void Grants::Close::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Grants::Grants(const std::string& path) : mutex_(std::make_unique<std::mutex>()) {
  try {
    sqlite3* database = nullptr;
    // Threads are kept apart by the mutex.
    const int opened = sqlite3_open_v2(path.c_str(), &database,
                                       SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
    database_.reset(database);
    if (opened != SQLITE_OK) fail(database);
    sqlite3_busy_timeout(database, kBusyMilliseconds);
    // A view or a trigger somebody put into the file calls nothing that has an effect.
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database, kQuestion, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                           nullptr) != SQLITE_OK) {
      fail(database);
    }
    statement_.reset(statement);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

std::optional<std::int64_t> Grants::find(std::string_view subject, const Question& question) const {
  const std::lock_guard<std::mutex> lock(*mutex_);
  sqlite3_stmt* const statement = statement_.get();
  const Reset reset{statement};
  int index = 0;
  for (const std::string_view text :
       {subject, question.verb, question.resource, question.ns, question.name}) {
    // A null pointer would be NULL, which equals nothing.
    const char* const begin = text.empty() ? "" : text.data();
    if (sqlite3_bind_text64(statement, ++index, begin, text.size(), SQLITE_STATIC, SQLITE_UTF8) !=
        SQLITE_OK) {
      fail(database_.get());
    }
  }
  switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
      return sqlite3_column_int64(statement, 0);
    case SQLITE_DONE:
      return std::nullopt;
    default:
      fail(database_.get());
  }
}

}  // namespace acme
