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
#include <vector>

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

class SqliteStore final : public limen::Store {
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
  void stop() override { database_.reset(); }

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
