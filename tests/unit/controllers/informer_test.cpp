#include "controllers/informer.h"

#include <gtest/gtest.h>

#include <future>

#include "support/inline_executor.h"
#include "support/memory_driver.h"

namespace limen::controllers {
namespace {

const storage::ResourceId kPods{"", "pods"};

// Of a store that other servers write to.
class InformerTest : public ::testing::Test {
 protected:
  InformerTest() {
    auto driver = std::make_unique<test::MemoryDriver>(data_, test::Sharing::shared);
    driver_ = driver.get();
    store_ = std::make_unique<storage::CachedStore>(std::move(driver));
    informer_ = std::make_unique<Informer>(*store_, loop_, kPods,
                                           [this](const storage::StoredObject& object, bool gone) {
                                             told_ += (gone ? "-" : "+") + object.name + " ";
                                           });
  }

  // By another server. `at`: the revision the object is at; 0: there is none.
  void put(const std::string& name, storage::Revision at = 0) {
    driver_->foreign("/registry/core/pods/default/" + name,
                     R"({"kind":"Pod","metadata":{"name":")" + name + R"("}})", at);
  }
  void remove(const std::string& name, storage::Revision at) {
    driver_->foreign("/registry/core/pods/default/" + name, "", at, true);
  }
  std::string told() {
    std::promise<void> confirmed;
    store_->confirm([&](const std::string&) { confirmed.set_value(); });
    confirmed.get_future().wait();
    loop_.run();
    return std::exchange(told_, {});
  }

  test::InlineExecutor loop_;
  std::shared_ptr<test::MemoryData> data_ = std::make_shared<test::MemoryData>();
  test::MemoryDriver* driver_ = nullptr;
  std::unique_ptr<storage::CachedStore> store_;
  std::unique_ptr<Informer> informer_;
  std::string told_;
};

TEST_F(InformerTest, TellsWhatIsThereAndWhatHappens) {
  put("a");
  told();
  informer_->start();
  EXPECT_EQ(told(), "+a ");
  put("b");
  remove("a", 2);
  EXPECT_EQ(told(), "+b -a ");
}

TEST_F(InformerTest, WhatWentWhileChangesWereMissedIsToldAsGone) {
  for (const char* const name : {"goes", "comes-again", "stays"}) put(name);
  told();
  informer_->start();
  told();
  driver_->hold_changes();
  remove("goes", 2);
  remove("comes-again", 3);
  put("comes-again");
  put("new");
  driver_->miss_changes();
  EXPECT_EQ(told(), "-comes-again -goes +comes-again +new +stays ");
  remove("new", 8);
  EXPECT_EQ(told(), "-new ");
}

}  // namespace
}  // namespace limen::controllers
