#include "common/certificates/verdict_cache.h"

#include <gtest/gtest.h>

namespace limen::plugins {
namespace {

Digest key(int number) { return sha256({std::to_string(number)}); }

VerdictPtr verdict(std::int64_t until) {
  auto made = std::make_shared<Verdict>();
  made->until = until;
  return made;
}

TEST(VerdictCache, GivesBackWhatWasStoredUntilItRunsOut) {
  VerdictCache cache(4);
  const VerdictPtr stored = verdict(100);
  cache.store(key(1), stored);
  EXPECT_EQ(cache.find(key(1), 99), stored);
  EXPECT_EQ(cache.find(key(1), 100), nullptr);
  EXPECT_EQ(cache.find(key(2), 0), nullptr);
}

TEST(VerdictCache, NeverHoldsMoreThanItsCapacityAndForgetsTheOldest) {
  VerdictCache cache(3);
  for (int i = 0; i < 10; ++i) cache.store(key(i), verdict(100));
  EXPECT_EQ(cache.size(), 3u);
  EXPECT_EQ(cache.find(key(6), 0), nullptr);
  EXPECT_NE(cache.find(key(7), 0), nullptr);
  EXPECT_NE(cache.find(key(9), 0), nullptr);
}

TEST(VerdictCache, StoringAgainReplacesAndTakesNoMoreRoom) {
  VerdictCache cache(2);
  for (int i = 1; i <= 5; ++i) cache.store(key(1), verdict(i));
  cache.store(key(2), verdict(9));
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_NE(cache.find(key(1), 4), nullptr);
}

TEST(VerdictCache, ClearForgetsEverything) {
  VerdictCache cache(2);
  cache.store(key(1), verdict(9));
  cache.clear();
  EXPECT_EQ(cache.size(), 0u);
  EXPECT_EQ(cache.find(key(1), 0), nullptr);
}

}  // namespace
}  // namespace limen::plugins
