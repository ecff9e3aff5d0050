#include "app/informer_sync.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace limen::app {
namespace {

// Modules that say when told to that they have caught up.
class SlowFollowers final : public storage::Followers {
 public:
  bool seen(const storage::ResourceId&, storage::Revision, std::function<void()>) const override {
    return true;
  }
  void catch_up(std::function<void()> told) const override { waiting.push_back(std::move(told)); }
  mutable std::vector<std::function<void()>> waiting;
};

class InformerSyncTest : public testing::Test {
 protected:
  bool made = false;
  std::shared_ptr<SlowFollowers> modules = std::make_shared<SlowFollowers>();
  InformerSync sync{[this] { return made; }, [this] { return modules; }};
};

TEST_F(InformerSyncTest, ModulesAreAskedOnceTheHousekeepingIsDone) {
  EXPECT_EQ(sync.missing(), "the housekeeping has not finished");
  EXPECT_TRUE(modules->waiting.empty());
  made = true;
  EXPECT_EQ(sync.missing(), "modules have not been told of every object yet");
  EXPECT_EQ(sync.missing(), "modules have not been told of every object yet");
  ASSERT_EQ(modules->waiting.size(), 1U);
  modules->waiting[0]();
  EXPECT_EQ(sync.missing(), "");
}

TEST_F(InformerSyncTest, WithoutModulesNothingIsReady) {
  made = true;
  const auto later = std::exchange(modules, nullptr);
  EXPECT_EQ(sync.missing(), "no modules are in force yet");
  modules = later;
  EXPECT_EQ(sync.missing(), "modules have not been told of every object yet");
}

TEST_F(InformerSyncTest, ModulesThatAnswerLateMayOutliveIt) {
  made = true;
  {
    InformerSync gone{[this] { return made; }, [this] { return modules; }};
    EXPECT_FALSE(gone.missing().empty());
  }
  ASSERT_EQ(modules->waiting.size(), 1U);
  modules->waiting[0]();
  EXPECT_FALSE(sync.missing().empty());
}

}  // namespace
}  // namespace limen::app
