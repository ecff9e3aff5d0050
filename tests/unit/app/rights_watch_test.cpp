#include "app/rights_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace limen::app {
namespace {

using namespace std::chrono_literals;

TEST(RightsWatch, AnswersChangesCloseTogetherOnce) {
  std::promise<void> answered;
  std::atomic<int> answers{0};
  {
    RightsWatch watch(
        [&] {
          if (++answers == 1) answered.set_value();
        },
        20ms);
    for (int i = 0; i < 100; ++i) watch.changed();
    ASSERT_EQ(answered.get_future().wait_for(10s), std::future_status::ready);
  }
  EXPECT_EQ(answers, 1);
}

TEST(RightsWatch, AnswersAChangeThatComesDuringAnAnswer) {
  std::promise<void> twice;
  std::atomic<int> answers{0};
  RightsWatch* self = nullptr;
  RightsWatch watch(
      [&] {
        if (++answers == 1) self->changed();
        if (answers == 2) twice.set_value();
      },
      1ms);
  self = &watch;
  watch.changed();
  EXPECT_EQ(twice.get_future().wait_for(10s), std::future_status::ready);
}

TEST(RightsWatch, EndsAtOnceAndSilently) {
  std::atomic<int> answers{0};
  {
    RightsWatch watch([&] { ++answers; }, 1h);
    watch.changed();
  }
  EXPECT_EQ(answers, 0);
}

}  // namespace
}  // namespace limen::app
