// The bundled sqlite module, loaded as the server loads it, on a folder that goes with the test.
#pragma once

#include <stdlib.h>

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "modules/runtime.h"
#include "modules/store_adapter.h"
#include "storage/cached_store.h"

namespace limen::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "limen-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// One started instance of the module; stopped when it goes.
class SqliteModule {
 public:
  explicit SqliteModule(const std::string& database)
      : runtime_(options()), instance_(runtime_.start_store(spec(database))) {}
  SqliteModule(const SqliteModule&) = delete;
  SqliteModule& operator=(const SqliteModule&) = delete;
  ~SqliteModule() { runtime_.retire(std::move(instance_)); }

  std::unique_ptr<storage::Driver> driver() { return modules::store_driver(instance_); }

 private:
  static modules::RuntimeOptions options() {
    modules::RuntimeOptions made;
    made.folder = std::filesystem::path(LIMEN_BINARY_DIR) / "lib/limen/modules";
    made.workers = 1;
    return made;
  }
  static modules::ModuleSpec spec(const std::string& database) {
    modules::ModuleSpec made;
    made.name = "store";
    made.module = "sqlite";
    made.config = object::Document(boost::json::value{{"path", database}});
    made.position = "test:1:1";
    return made;
  }

  modules::Runtime runtime_;
  std::shared_ptr<modules::ModuleInstance> instance_;
};

// A store on the module.
class SqliteStore {
 public:
  explicit SqliteStore(const std::string& database, storage::StoreOptions options = {})
      : module_(database), store_(module_.driver(), options) {}
  storage::CachedStore& operator*() { return store_; }
  storage::CachedStore* operator->() { return &store_; }

 private:
  SqliteModule module_;
  storage::CachedStore store_;
};

}  // namespace limen::test
