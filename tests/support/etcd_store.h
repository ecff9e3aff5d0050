// The bundled etcd module, loaded as the server loads it.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "modules/runtime.h"
#include "modules/store_adapter.h"
#include "storage/forwarding_driver.h"

namespace limen::test {

// One started instance of the module; stopped when it goes.
class EtcdModule {
 public:
  // `config` as in limen.yaml.
  explicit EtcdModule(boost::json::object config)
      : runtime_(options()), instance_(runtime_.start_store(spec(std::move(config)))) {}
  EtcdModule(const EtcdModule&) = delete;
  EtcdModule& operator=(const EtcdModule&) = delete;
  ~EtcdModule() { stop(); }

  std::unique_ptr<storage::Driver> driver() { return modules::store_driver(instance_); }
  void stop() {
    if (instance_) runtime_.retire(std::move(instance_));
  }

  static boost::json::object config(const std::vector<std::string>& endpoints) {
    return {{"endpoints", boost::json::value_from(endpoints)}};
  }

 private:
  static modules::RuntimeOptions options() {
    modules::RuntimeOptions made;
    made.folder = std::filesystem::path(LIMEN_BINARY_DIR) / "lib/limen/modules";
    made.workers = 1;
    return made;
  }
  static modules::ModuleSpec spec(boost::json::object config) {
    modules::ModuleSpec made;
    made.name = "store";
    made.module = "etcd";
    made.config = object::Document(boost::json::value(std::move(config)));
    made.position = "test:1:1";
    return made;
  }

  modules::Runtime runtime_;
  std::shared_ptr<modules::ModuleInstance> instance_;
};

// A driver whose commit() returns when it is answered, for tests that expect that of one.
class WaitingDriver : public storage::ForwardingDriver {
 public:
  explicit WaitingDriver(std::unique_ptr<storage::Driver> driver)
      : ForwardingDriver(std::move(driver)) {}

  void commit(std::span<const storage::DriverOp> ops,
              std::function<void(storage::CommitResult)> done) noexcept override {
    std::promise<storage::CommitResult> answer;
    driver_->commit(ops, [&](storage::CommitResult one) { answer.set_value(std::move(one)); });
    done(answer.get_future().get());
  }
};

}  // namespace limen::test
