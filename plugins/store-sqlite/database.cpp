#include "database.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <string>
#include <utility>

#include "checksum.h"
#include "history.h"
#include "schema.h"

namespace limen_sqlite {

namespace {

// What is left beyond it is enough for ever.
constexpr std::int64_t kMaxRevision = std::numeric_limits<std::int64_t>::max() / 2;

}  // namespace

struct Database::Statements {
  explicit Statements(Connection& connection)
      : begin(connection, "BEGIN IMMEDIATE"),
        commit(connection, "COMMIT"),
        rollback(connection, "ROLLBACK"),
        find(connection, "SELECT revision, created FROM live WHERE key = ?1"),
        log(connection,
            "INSERT INTO change(revision, key, previous, created, removed, value, checksum) "
            "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
        add(connection, "INSERT INTO live(key, revision, created) VALUES(?1, ?2, ?2)"),
        move(connection, "UPDATE live SET revision = ?2 WHERE key = ?1"),
        drop(connection, "DELETE FROM live WHERE key = ?1"),
        forget_replaced(connection,
                        "DELETE FROM change WHERE revision IN (SELECT previous FROM change "
                        "WHERE revision > ?1 AND revision <= ?2 AND previous > 0)"),
        forget_removals(
            connection,
            "DELETE FROM change WHERE revision > ?1 AND revision <= ?2 AND removed = 1"),
        mark(connection, "UPDATE mark SET value = ?1 WHERE name = 'compacted'") {}

  Statement begin, commit, rollback;
  Statement find, log, add, move, drop;
  Statement forget_replaced, forget_removals, mark;
};

// Rolled back unless committed.
class Database::Transaction {
 public:
  Transaction(Connection& connection, Statements& statements)
      : connection_(connection), statements_(statements) {
    statements_.begin.run();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    // SQLite rolls back by itself after some errors.
    if (sqlite3_get_autocommit(connection_.raw()) != 0) return;
    try {
      statements_.rollback.run();
    } catch (const DatabaseError&) {
      // The connection is unusable then; the next transaction says so.
    }
  }
  void commit() { statements_.commit.run(); }

 private:
  Connection& connection_;
  Statements& statements_;
};

// Commits without waiting for the disk: for what may be lost in a crash. The next commit that does
// wait puts it on the disk too, because the log is written in order.
class Database::Unsynced {
 public:
  explicit Unsynced(Connection& connection) : connection_(connection) {
    connection_.run("PRAGMA synchronous = NORMAL");
  }
  Unsynced(const Unsynced&) = delete;
  Unsynced& operator=(const Unsynced&) = delete;
  ~Unsynced() {
    // Cannot fail outside a transaction, and must not leave commits unsynced if it ever did.
    if (sqlite3_exec(connection_.raw(), "PRAGMA synchronous = FULL", nullptr, nullptr, nullptr) !=
        SQLITE_OK) {
      std::terminate();
    }
  }

 private:
  Connection& connection_;
};

Database::Database(const std::string& path) : path_(path) {
  ensure_folder(path);
  lock_ = std::make_unique<LockFile>(path);
  ensure_file(path);
  connection_ = open_database(path);
  state_ = state_of(*connection_);
  try {
    statements_ = std::make_unique<Statements>(*connection_);
  } catch (const DatabaseError& error) {
    // SQLITE_ERROR: a table or a column that should be there is not.
    if (error.code() == SQLITE_CORRUPT || error.code() == SQLITE_ERROR) damaged(path, error.what());
    throw;
  }
  sqlite3_wal_hook(
      connection_->raw(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Database*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  checkpointer_ = std::make_unique<Checkpointer>(path);
}

Database::~Database() = default;

void Database::load(const std::function<bool(const limen::StoreChange&)>& each) {
  read_history(*connection_, state_, each);
}

bool Database::apply(const limen::StoreOp& op, std::int64_t revision) {
  std::int64_t at = 0;
  std::int64_t created = revision;
  {
    const Use use(statements_->find);
    if (statements_->find.bind(1, op.key()).step()) {
      at = statements_->find.number(0);
      created = statements_->find.number(1);
    }
  }
  if (at != op.expected() || (op.remove() && at == 0)) return false;
  const std::string_view value = op.remove() ? std::string_view() : op.value();
  statements_->log.bind(1, revision)
      .bind(2, op.key())
      .bind(3, at)
      .bind(4, created)
      .bind(5, op.remove() ? 1 : 0)
      .bind_bytes(6, value)
      .bind(7, static_cast<std::int64_t>(checksum(revision, op.key(), value)))
      .run();
  if (op.remove()) {
    statements_->drop.bind(1, op.key()).run();
  } else {
    Statement& live = at == 0 ? statements_->add : statements_->move;
    live.bind(1, op.key()).bind(2, revision).run();
  }
  return true;
}

std::vector<std::int64_t> Database::commit(const limen::StoreBatch& batch) {
  std::vector<std::int64_t> revisions(batch.size(), 0);
  std::int64_t newest = state_.revision;
  Transaction transaction(*connection_, *statements_);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (apply(batch[i], newest + 1)) revisions[i] = ++newest;
  }
  transaction.commit();
  state_.revision = newest;
  checkpoint_if_grown();
  return revisions;
}

std::int64_t Database::compact(std::int64_t revision, std::size_t limit) {
  const std::int64_t from = state_.compacted;
  // Every change after `from` is there, so this many revisions are this many changes.
  const std::int64_t to =
      std::min({revision, state_.revision, from + static_cast<std::int64_t>(limit)});
  if (to <= from) return from;
  const Unsynced unsynced(*connection_);
  Transaction transaction(*connection_, *statements_);
  statements_->forget_replaced.bind(1, from).bind(2, to).run();
  statements_->forget_removals.bind(1, from).bind(2, to).run();
  statements_->mark.bind(1, to).run();
  transaction.commit();
  state_.compacted = to;
  checkpoint_if_grown();
  return to;
}

void Database::advance(std::int64_t revision) {
  if (revision <= state_.revision) return;
  if (revision > kMaxRevision) {
    throw DatabaseError("cannot go on from revision " + std::to_string(revision) +
                            ": at most from " + std::to_string(kMaxRevision),
                        SQLITE_ERROR);
  }
  go_on_from(*connection_, revision);
  state_.revision = state_.compacted = revision;
  checkpoint_if_grown();
}

void Database::checkpoint_if_grown() { checkpointer_->log_grew(*connection_, log_pages_); }

}  // namespace limen_sqlite
