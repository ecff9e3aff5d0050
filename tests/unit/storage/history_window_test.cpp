#include "storage/history_window.h"

#include <gtest/gtest.h>

namespace limen::storage {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
const HistoryWindow::Time kStart{};

TEST(HistoryWindow, ForgetsOnlyWhatIsOlderThanTheTimeKept) {
  HistoryWindow window(minutes(5), 1'000'000);
  EXPECT_EQ(window.look(kStart, 100), 0);
  EXPECT_EQ(window.look(kStart + minutes(1), 200), 0);
  EXPECT_EQ(window.look(kStart + minutes(5) - seconds(1), 300), 0);
  EXPECT_EQ(window.look(kStart + minutes(5), 400), 100);
  EXPECT_EQ(window.look(kStart + minutes(6), 500), 200);
}

TEST(HistoryWindow, NeverForgetsTheNewestRevision) {
  HistoryWindow window(minutes(5), 1'000'000);
  window.look(kStart, 100);
  EXPECT_EQ(window.look(kStart + minutes(10), 100), 99);
}

TEST(HistoryWindow, ForgetsAllButSoManyChangesHoweverYoungTheyAre) {
  HistoryWindow window(minutes(5), 50);
  EXPECT_EQ(window.look(kStart, 50), 0);
  EXPECT_EQ(window.look(kStart, 51), 1);
  EXPECT_EQ(window.look(kStart, 151), 101);
}

}  // namespace
}  // namespace limen::storage
