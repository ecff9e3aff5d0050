#include "app/module_objects.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "storage/cached_store.h"
#include "support/memory_driver.h"

namespace limen::app {
namespace {

class ModuleObjectsTest : public testing::Test {
 protected:
  storage::WriteStatus create_namespace(const std::string& name) {
    const object::Json object = {
        {"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}};
    std::promise<storage::WriteStatus> told;
    create_for_module(store, key(name), object,
                      [&told](storage::WriteStatus status) { told.set_value(status); });
    return told.get_future().get();
  }
  static storage::Key key(const std::string& name) { return {{"", "namespaces"}, "", name}; }

  std::shared_ptr<test::MemoryData> data = std::make_shared<test::MemoryData>();
  storage::CachedStore store{std::make_unique<test::MemoryDriver>(data)};
};

TEST_F(ModuleObjectsTest, WhatAModuleCreatesIsStored) {
  EXPECT_EQ(create_namespace("shop"), storage::WriteStatus::ok);
  EXPECT_NE(store.get(key("shop")), nullptr);
  EXPECT_EQ(create_namespace("shop"), storage::WriteStatus::already_exists);
}

TEST_F(ModuleObjectsTest, WhatNoClientCouldCreateAModuleCannotEither) {
  for (const std::string name : {"Shop", "a b", "under_score"}) {
    EXPECT_EQ(create_namespace(name), storage::WriteStatus::unavailable) << name;
    EXPECT_EQ(store.get(key(name)), nullptr) << name;
  }
  const std::string longest(63, 'a');
  EXPECT_EQ(create_namespace(longest), storage::WriteStatus::ok);
  EXPECT_EQ(create_namespace(longest + 'a'), storage::WriteStatus::unavailable);
}

}  // namespace
}  // namespace limen::app
