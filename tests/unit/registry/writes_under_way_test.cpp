#include "registry/writes_under_way.h"

#include <gtest/gtest.h>

namespace limen::registry {
namespace {

TEST(WritesUnderWay, AWriteIsUnderWayUntilItsTokenGoes) {
  WritesUnderWay writes;
  {
    const WritesUnderWay::Token token = writes.begin("a");
    EXPECT_TRUE(token);
    EXPECT_FALSE(writes.ended("a", writes.mark()));
  }
  EXPECT_TRUE(writes.ended("a", writes.mark()));
}

TEST(WritesUnderWay, OnlyWritesThatBeganBeforeTheMarkAreWaitedFor) {
  WritesUnderWay writes;
  WritesUnderWay::Token first = writes.begin("a");
  const std::uint64_t mark = writes.mark();
  const WritesUnderWay::Token second = writes.begin("a");
  EXPECT_FALSE(writes.ended("a", mark));
  first = {};
  EXPECT_TRUE(writes.ended("a", mark));
  EXPECT_FALSE(writes.ended("a", writes.mark()));
}

TEST(WritesUnderWay, NamespacesDoNotWaitForEachOther) {
  WritesUnderWay writes;
  const WritesUnderWay::Token token = writes.begin("a");
  EXPECT_TRUE(writes.ended("b", writes.mark()));
}

TEST(WritesUnderWay, AMovedTokenEndsOnce) {
  WritesUnderWay writes;
  WritesUnderWay::Token token = writes.begin("a");
  WritesUnderWay::Token moved = std::move(token);
  EXPECT_FALSE(token);
  token = std::move(moved);
  EXPECT_FALSE(writes.ended("a", writes.mark()));
  token = {};
  EXPECT_TRUE(writes.ended("a", writes.mark()));
}

}  // namespace
}  // namespace limen::registry
