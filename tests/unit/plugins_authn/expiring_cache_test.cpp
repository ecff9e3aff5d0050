#include "common/expiring_cache.h"

#include <gtest/gtest.h>

namespace limen::plugins {
namespace {

using Cache = ExpiringCache<int>;
using std::chrono::seconds;

Digest key(int number) { return sha256({std::to_string(number)}); }
Cache::Ptr number(int value) { return std::make_shared<const int>(value); }

TEST(ExpiringCache, GivesBackWhatWasStoredUntilItsEnd) {
  Cache cache(4);
  cache.store(key(1), number(7), seconds(100));
  EXPECT_EQ(*cache.find(key(1), seconds(99)), 7);
  EXPECT_EQ(cache.find(key(2), seconds(0)), nullptr);
  EXPECT_EQ(cache.find(key(1), seconds(100)), nullptr);
  EXPECT_EQ(cache.find(key(1), seconds(0)), nullptr) << "what is over is gone";
}

TEST(ExpiringCache, WhenFullTheOneAskedForLongestAgoGoes) {
  Cache cache(3);
  for (int i = 1; i <= 3; ++i) cache.store(key(i), number(i), seconds(100));
  EXPECT_NE(cache.find(key(1), seconds(0)), nullptr);
  cache.store(key(4), number(4), seconds(100));
  EXPECT_EQ(cache.find(key(2), seconds(0)), nullptr);
  for (const int kept : {1, 3, 4}) EXPECT_EQ(*cache.find(key(kept), seconds(0)), kept);
}

TEST(ExpiringCache, StoringAgainReplacesAndTakesNoMoreRoom) {
  Cache cache(2);
  cache.store(key(1), number(1), seconds(100));
  cache.store(key(2), number(2), seconds(100));
  cache.store(key(1), number(3), seconds(50));
  EXPECT_EQ(*cache.find(key(1), seconds(49)), 3);
  EXPECT_EQ(*cache.find(key(2), seconds(49)), 2);
  EXPECT_EQ(cache.find(key(1), seconds(50)), nullptr);
}

TEST(ExpiringCache, ClearForgetsEverything) {
  Cache cache(2);
  cache.store(key(1), number(1), seconds(100));
  cache.clear();
  EXPECT_EQ(cache.find(key(1), seconds(0)), nullptr);
}

}  // namespace
}  // namespace limen::plugins
