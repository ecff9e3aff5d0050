// A CachedStore over a driver in memory whose data outlive it, and the words its tests are written
// in.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/cached_store.h"
#include "support/inline_executor.h"
#include "support/memory_driver.h"

namespace limen::storage {

inline const ResourceId kPods{"", "pods"};
inline const ResourceId kNodes{"", "nodes"};

inline Key pod(std::string name, std::string ns = "default") {
  return {kPods, std::move(ns), std::move(name)};
}

inline std::string text(const std::string& value, const std::string& name = "x") {
  return R"({"kind":"Pod","spec":")" + value + R"(","metadata":{"name":")" + name +
         R"(","labels":{"value":")" + value + R"("}}})";
}

class CachedStoreTest : public testing::Test {
 protected:
  CachedStoreTest() { open(); }

  void open(StoreOptions options = {}, test::Sharing sharing = test::Sharing::alone) {
    store_.reset();
    auto driver = std::make_unique<test::MemoryDriver>(data_, sharing);
    driver_ = driver.get();
    store_ = std::make_unique<CachedStore>(std::move(driver), options);
  }
  WriteResult create(Key key, std::string json) {
    std::promise<WriteResult> result;
    store_->create(std::move(key), std::move(json),
                   [&](WriteResult written) { result.set_value(std::move(written)); });
    return result.get_future().get();
  }
  WriteResult update(Key key, Revision expected, std::string json) {
    std::promise<WriteResult> result;
    store_->update(std::move(key), expected, std::move(json),
                   [&](WriteResult written) { result.set_value(std::move(written)); });
    return result.get_future().get();
  }
  WriteResult remove(Key key, Revision expected) {
    std::promise<WriteResult> result;
    store_->remove(std::move(key), expected,
                   [&](WriteResult written) { result.set_value(std::move(written)); });
    return result.get_future().get();
  }
  std::vector<std::string> names(const ListOptions& options, const ResourceId& id = kPods) {
    std::vector<std::string> list;
    for (const ObjectPtr& object : store_->list(id, options).objects) {
      list.push_back(object->ns + "/" + object->name);
    }
    return list;
  }

  test::InlineExecutor loop_;
  std::shared_ptr<test::MemoryData> data_ = std::make_shared<test::MemoryData>();
  test::MemoryDriver* driver_ = nullptr;
  std::unique_ptr<CachedStore> store_;
};

using Names = std::vector<std::string>;

}  // namespace limen::storage
