#include "modules/retirer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "modules/module_instance.h"
#include "unit/modules/support.h"

namespace limen::modules {
namespace {

using namespace std::chrono_literals;

// Stands for an instance; nothing of it is used here.
const std::shared_ptr<ModuleInstance> kNobody;

// Takes instances down when it is let.
class RetirerTest : public testing::Test {
 protected:
  void retire() {
    ++begun_;
    open_.wait();
    ++ended_;
  }
  void let() { gate_.set_value(); }
  static base::Deadline later() { return base::SteadyClock::now() + 10min; }

  std::promise<void> gate_;
  const std::shared_future<void> open_ = gate_.get_future().share();
  std::atomic<std::size_t> begun_{0}, ended_{0};
  Retirer retirer_{[this](const std::shared_ptr<ModuleInstance>&) { retire(); }};
};

TEST_F(RetirerTest, SeveralGenerationsDrainAtTheSameTimeButNotAny) {
  const std::size_t all = Retirer::kAtOnce + 2;
  for (std::size_t i = 0; i < all; ++i) retirer_.add({}, {kNobody}, later());
  EXPECT_TRUE(test::eventually([&] { return begun_ == Retirer::kAtOnce; }));
  let();
  EXPECT_TRUE(test::eventually([&] { return ended_ == all; }));
}

TEST_F(RetirerTest, TheInstancesOfOneGenerationDrainAtTheSameTimeToo) {
  retirer_.add({}, {kNobody, kNobody, kNobody}, later());
  EXPECT_TRUE(test::eventually([&] { return begun_ == 3; }));
  let();
}

TEST_F(RetirerTest, AGenerationThatIsInUseHoldsNoOtherUp) {
  let();
  const auto used = std::make_shared<const Generation>();
  retirer_.add(used, {kNobody}, later());
  retirer_.add({}, {kNobody}, later());
  EXPECT_TRUE(test::eventually([&] { return ended_ == 1; }));
}

TEST_F(RetirerTest, AGenerationInUseIsStoppedAtItsDeadline) {
  let();
  const auto used = std::make_shared<const Generation>();
  retirer_.add(used, {kNobody}, base::SteadyClock::now());
  EXPECT_TRUE(test::eventually([&] { return ended_ == 1; }));
}

}  // namespace
}  // namespace limen::modules
