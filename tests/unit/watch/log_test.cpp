#include "watch/log.h"

#include <gtest/gtest.h>

#include "event.h"

namespace limen::watch {
namespace {

TEST(Log, GivesTheSequenceOfTheFirstEntryAfterARevision) {
  Log log(1000);
  log.append(entry(5, "a"));
  log.append(entry(9, "a"));
  EXPECT_EQ(log.after(0), 0u);
  EXPECT_EQ(log.after(4), 0u);
  EXPECT_EQ(log.after(5), 1u);
  EXPECT_EQ(log.after(8), 1u);
  EXPECT_EQ(log.after(9), 2u);
  EXPECT_EQ(log.after(100), 2u);
}

TEST(Log, ReadsInOrderUpToTheLimitAndSaysWhereToGoOn) {
  Log log(1000);
  for (int revision = 1; revision <= 5; ++revision) log.append(entry(revision, "a"));
  std::vector<EventPtr> events;
  std::int64_t last = 0;
  EXPECT_EQ(log.read(1, "", 2, events, last), 3u);
  EXPECT_EQ(revisions(events), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(last, 3);
  EXPECT_EQ(log.read(3, "", 0, events, last), 5u);
  EXPECT_EQ(revisions(events), (std::vector<std::int64_t>{2, 3, 4, 5}));
}

TEST(Log, ReadsOneNamespaceOnly) {
  Log log(1000);
  log.append(entry(1, "a"));
  log.append(entry(2, "b"));
  log.append(entry(3, "a"));
  std::vector<EventPtr> events;
  std::int64_t last = 0;
  EXPECT_EQ(log.read(0, "b", 0, events, last), 3u);
  EXPECT_EQ(revisions(events), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(last, 2);
}

TEST(Log, RefusesToReadWhereEntriesWereTrimmed) {
  Log log(1000);
  for (int revision = 1; revision <= 4; ++revision) log.append(entry(revision, "a"));
  log.trim(2);
  std::vector<EventPtr> events;
  std::int64_t last = 0;
  EXPECT_FALSE(log.read(1, "", 0, events, last));
  EXPECT_TRUE(events.empty());
  EXPECT_FALSE(log.after(1));
  EXPECT_EQ(log.after(2), 2u);
  EXPECT_EQ(log.trimmed(), 2);
}

TEST(Log, TrimmingBetweenEntriesStillMovesTheBeginning) {
  Log log(1000);
  log.append(entry(1, "a"));
  log.trim(7);
  EXPECT_FALSE(log.after(6));
  EXPECT_EQ(log.after(7), 1u);
}

TEST(Log, DropsTheOldestWhenItPinsMoreThanItsLimit) {
  Log log(100);
  log.append(entry(1, "a", 50));
  log.append(entry(2, "a", 50));
  EXPECT_EQ(log.first(), 0u);
  log.append(entry(3, "a", 1));
  EXPECT_EQ(log.first(), 1u);
  EXPECT_EQ(log.bytes(), 51u);
  EXPECT_EQ(log.trimmed(), 1);
}

TEST(Log, KeepsTheNewestEntryHoweverLargeItIs) {
  Log log(100);
  log.append(entry(1, "a", 10));
  log.append(entry(2, "a", 5000));
  EXPECT_EQ(log.first(), 1u);
  EXPECT_EQ(log.end(), 2u);
}

TEST(Log, FreesTheEventsItDrops) {
  Log log(1000);
  log.append(entry(1, "a"));
  std::vector<EventPtr> events;
  std::int64_t last = 0;
  log.read(0, "", 0, events, last);
  const std::weak_ptr<const storage::Event> event = events[0];
  events.clear();
  EXPECT_FALSE(event.expired());
  log.trim(1);
  EXPECT_TRUE(event.expired());
}

}  // namespace
}  // namespace limen::watch
