#include "storage/write_queue.h"

#include <gtest/gtest.h>

namespace limen::storage {
namespace {

PendingWrite write(std::string name, std::size_t bytes = 0) {
  PendingWrite made;
  made.key.name = name;
  made.value = std::string(bytes, 'x');
  return made;
}

const std::chrono::steady_clock::time_point kNow{};

std::vector<std::string> names(const std::vector<PendingWrite>& writes) {
  std::vector<std::string> list;
  for (const PendingWrite& one : writes) list.push_back(one.key.name);
  return list;
}
using Names = std::vector<std::string>;

TEST(WriteQueue, RefusesOneMoreThanItsLimitOfWrites) {
  WriteQueue queue(2, 1000);
  PendingWrite a = write("a"), b = write("b"), c = write("c");
  EXPECT_EQ(queue.put(a), WriteQueue::Put::ok);
  EXPECT_EQ(queue.put(b), WriteQueue::Put::ok);
  EXPECT_EQ(queue.put(c), WriteQueue::Put::full);
  EXPECT_EQ(c.key.name, "c") << "a refused write stays with its owner";
}

TEST(WriteQueue, RefusesOneByteMoreThanItsLimit) {
  WriteQueue queue(100, 1000);
  PendingWrite a = write("a", 600), b = write("b", 401), c = write("c", 400);
  EXPECT_EQ(queue.put(a), WriteQueue::Put::ok);
  EXPECT_EQ(queue.put(b), WriteQueue::Put::full);
  EXPECT_EQ(queue.put(c), WriteQueue::Put::ok);
}

TEST(WriteQueue, GivesBatchesInOrderWithinTheirLimits) {
  WriteQueue queue(100, 100'000);
  for (const char* name : {"a", "b", "c", "d"}) {
    PendingWrite one = write(name, 100);
    queue.put(one);
  }
  EXPECT_EQ(names(queue.take(true, 2, 10'000, kNow).writes), (Names{"a", "b"}));
  EXPECT_EQ(names(queue.take(true, 9, 199, kNow).writes), (Names{"c"}));
  EXPECT_EQ(names(queue.take(true, 9, 1, kNow).writes), (Names{"d"})) << "at least one";
}

TEST(WriteQueue, GivesNoWritesWhenOnlyMessagesAreWanted) {
  WriteQueue queue(100, 1000);
  PendingWrite a = write("a");
  queue.put(a);
  queue.put(CommitResult{});
  const auto taken = queue.take(false, 9, 1000, kNow);
  EXPECT_EQ(taken.messages.size(), 1u);
  EXPECT_TRUE(taken.writes.empty());
  EXPECT_EQ(queue.size(), 1u);
}

TEST(WriteQueue, WhatIsPutBackComesFirst) {
  WriteQueue queue(100, 1000);
  PendingWrite c = write("c");
  queue.put(c);
  std::vector<PendingWrite> back;
  back.push_back(write("a"));
  back.push_back(write("b"));
  queue.put_back(std::move(back));
  EXPECT_EQ(names(queue.take(true, 9, 1000, kNow).writes), (Names{"a", "b", "c"}));
}

TEST(WriteQueue, ClosedItTakesNothingMoreAndSaysSoOnceItIsEmpty) {
  WriteQueue queue(100, 1000);
  PendingWrite a = write("a"), b = write("b");
  queue.put(a);
  queue.close();
  EXPECT_EQ(queue.put(b), WriteQueue::Put::closed);
  EXPECT_FALSE(queue.take(true, 9, 1000, kNow).closed);
  EXPECT_TRUE(queue.take(true, 9, 1000, kNow).closed);
}

}  // namespace
}  // namespace limen::storage
