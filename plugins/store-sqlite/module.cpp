// sqlite: the server's objects in one SQLite file.
//
// The embedded default: no other process, every acknowledged write on the disk. One server to a
// file.

#include <cstdint>
#include <functional>
#include <limen/cpp/plugin.hpp>
#include <limen/cpp/store.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "copies.h"
#include "database.h"

namespace {

constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["path"],
  "properties": {
    "path": {
      "type": "string",
      "minLength": 1,
      "description": "The database file. It and its folder are made, for the owner only, when they are missing."
    }
  }
})json";

class SqliteStore final : public limen::Store, public limen::StoreCopies {
 public:
  SqliteStore(limen::Host&, limen::Node config) : path_(config["path"].string_or("")) {}

  // The file is touched here and not at the start: judging a config must not open a database that a
  // running server has.
  limen::Result<limen::StoreState> open() override {
    database_ = std::make_unique<limen_sqlite::Database>(path_);
    return database_->state();
  }
  limen::Result<void> load(const std::function<bool(const limen::StoreChange&)>& each) override {
    database_->load(each);
    return {};
  }
  limen::Result<std::vector<std::int64_t>> commit(const limen::StoreBatch& batch) override {
    return database_->commit(batch);
  }
  limen::Result<std::int64_t> compact(std::int64_t revision, std::size_t limit) override {
    return database_->compact(revision, limit);
  }
  limen::Result<void> advance(std::int64_t revision) override {
    database_->advance(revision);
    return {};
  }
  void stop() override { database_.reset(); }

  limen::Result<limen::StoreReport> save(std::string_view file) override {
    return limen_sqlite::save_copy(path_, std::string(file));
  }
  limen::Result<limen::StoreReport> verify(std::string_view file) override {
    return limen_sqlite::verify_copy(std::string(file));
  }
  limen::Result<limen::StoreReport> restore(std::string_view file,
                                            const limen::StoreRestore& options) override {
    try {
      return limen_sqlite::restore_copy(path_, std::string(file), options);
    } catch (const limen_sqlite::NotEmptyError& error) {
      return limen::Error{error.what(), LIMEN_E_INVALID};
    } catch (const limen_sqlite::DatabaseError& error) {
      const bool in_use = error.code() == SQLITE_BUSY;
      return limen::Error{error.what(), in_use ? LIMEN_E_UNAVAILABLE : LIMEN_E_INTERNAL};
    }
  }

 private:
  const std::string path_;
  std::unique_ptr<limen_sqlite::Database> database_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::store<SqliteStore>({
    .id = "sqlite",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "Keeps the server's objects in one SQLite file.",
    .config_schema = kSchema,
    .may_block = true,
}))
