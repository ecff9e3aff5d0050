// A manager over a store in memory, and what tests do to its objects.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "controllers/manager.h"
#include "controllers/names.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "support/memory_driver.h"

namespace limen::controllers {

using object::Json;
using storage::Key;
using storage::ResourceId;
using storage::WriteStatus;

inline const ResourceId kNamespaceResource{"", "namespaces"};
inline const ResourceId kAccounts{"", "serviceaccounts"};
inline const ResourceId kConfigMaps{"", "configmaps"};
inline const ResourceId kPods{"", "pods"};
inline const ResourceId kClusterRoles{"rbac.authorization.k8s.io", "clusterroles"};
inline const ResourceId kBindings{"rbac.authorization.k8s.io", "clusterrolebindings"};

// Waits for what other threads bring about.
template <class Condition>
bool eventually(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

class WithManager : public testing::Test {
 protected:
  WithManager() {
    auto driver = std::make_unique<test::MemoryDriver>(data_);
    driver_ = driver.get();
    store_ = std::make_unique<storage::CachedStore>(std::move(driver));
  }
  void run(std::vector<std::string> disabled = {}) {
    manager_.reset();
    manager_ = std::make_unique<Manager>(*store_, Options{std::move(disabled)});
    manager_->start();
    ASSERT_TRUE(eventually([&] { return manager_->synced(); }));
  }
  std::vector<std::string> all_but(std::string_view one) {
    std::vector<std::string> names = controller_names();
    std::erase(names, one);
    return names;
  }
  storage::WriteResult create(Key key, const char* text) {
    const Json object = boost::json::parse(text);
    std::promise<storage::WriteResult> result;
    store_->create(std::move(key), object::canonical(object),
                   [&](storage::WriteResult one) { result.set_value(std::move(one)); });
    return result.get_future().get();
  }
  // Changes a stored object by a function of its document, however often others come between.
  template <class Change>
  void change(const Key& key, Change how) {
    while (true) {
      const storage::ObjectPtr current = store_->get(key);
      ASSERT_TRUE(current);
      Json object = object::mutable_copy(object::Document::parse(current->json).root());
      how(object);
      std::promise<WriteStatus> status;
      store_->update(key, current->revision, object::canonical(object),
                     [&](storage::WriteResult one) { status.set_value(one.status); });
      if (status.get_future().get() == WriteStatus::ok) return;
    }
  }
  void remove(const Key& key) {
    std::promise<void> done;
    store_->remove(key, store_->get(key)->revision,
                   [&](storage::WriteResult) { done.set_value(); });
    done.get_future().wait();
  }
  void terminate(const std::string& ns) {
    change({kNamespaceResource, "", ns}, [](Json& object) {
      object::set_metadata(object, "deletionTimestamp", "2026-01-01T00:00:00Z");
      object::object_at(object, "status")["phase"] = "Terminating";
    });
  }
  void add_namespace(const std::string& ns) {
    ASSERT_EQ(
        create({kNamespaceResource, "", ns},
               (R"({"apiVersion":"v1","kind":"Namespace","spec":{"finalizers":["kubernetes"]},)"
                R"("status":{"phase":"Active"},"metadata":{"name":")" +
                ns + "\"}}")
                   .c_str())
            .status,
        WriteStatus::ok);
  }
  Json read(const Key& key) {
    const storage::ObjectPtr object = store_->get(key);
    return object ? boost::json::parse(object->json) : Json();
  }

  std::shared_ptr<test::MemoryData> data_ = std::make_shared<test::MemoryData>();
  test::MemoryDriver* driver_ = nullptr;
  std::unique_ptr<storage::CachedStore> store_;
  std::unique_ptr<Manager> manager_;
};

}  // namespace limen::controllers
