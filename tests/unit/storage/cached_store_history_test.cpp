// What has changed: watches, how far back they reach, and what a restart keeps.
#include <gtest/gtest.h>

#include <chrono>

#include "object/canonical.h"
#include "unit/storage/cached_store_fixture.h"

namespace limen::storage {
namespace {

TEST_F(CachedStoreTest, AWatchShowsWhatHappensAfterItsRevision) {
  create(pod("a"), text("1"));
  int wakes = 0;
  ReadStatus status{};
  const auto watch = store_->watch(
      kPods, "", 2, loop_, [&] { ++wakes; }, status);
  ASSERT_TRUE(watch);
  update(pod("a"), 2, text("2"));
  create(pod("b"), text("1"));
  remove(pod("a"), 3);
  loop_.run();
  const auto events = watch->take(0);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0]->type, EventType::modified);
  EXPECT_EQ(events[0]->previous->revision, 2);
  EXPECT_EQ(events[1]->type, EventType::added);
  EXPECT_EQ(events[1]->previous, nullptr);
  EXPECT_EQ(events[2]->type, EventType::deleted);
  EXPECT_EQ(events[2]->object->revision, 5);
  EXPECT_EQ(events[2]->object->json, object::with_revision(text("2"), 5));
  EXPECT_EQ(events[2]->previous->revision, 3);
  EXPECT_EQ(watch->position(), 5);
}

TEST_F(CachedStoreTest, AWatchIsNotWokenByOtherResources) {
  int wakes = 0;
  ReadStatus status{};
  const auto watch = store_->watch(
      kPods, "", 1, loop_, [&] { ++wakes; }, status);
  create({kNodes, "", "n"}, text("1"));
  loop_.run();
  EXPECT_EQ(wakes, 0);
  EXPECT_EQ(watch->position(), 2) << "a bookmark may tell the store's revision";
}

TEST_F(CachedStoreTest, AWatchCannotBeginInTheFutureOrBeforeTheHistory) {
  for (int i = 0; i < 5; ++i) create(pod("p" + std::to_string(i)), text("1"));
  store_->compact(4);
  ReadStatus status{};
  EXPECT_EQ(store_->watch(
                kPods, "", 7, loop_, [] {}, status),
            nullptr);
  EXPECT_EQ(status, ReadStatus::too_new);
  EXPECT_EQ(store_->watch(
                kPods, "", 4, loop_, [] {}, status),
            nullptr);
  EXPECT_EQ(status, ReadStatus::too_old);
  EXPECT_NE(store_->watch(
                kPods, "", 5, loop_, [] {}, status),
            nullptr);
  EXPECT_EQ(status, ReadStatus::ok);
  EXPECT_EQ(store_->watch(
                kNodes, "", 4, loop_, [] {}, status),
            nullptr)
      << "also where nothing was ever stored";
}

TEST_F(CachedStoreTest, AWatcherThatFellBehindCompactionIsLost) {
  ReadStatus status{};
  const auto watch = store_->watch(
      kPods, "", 1, loop_, [] {}, status);
  create(pod("a"), text("1"));
  create(pod("b"), text("1"));
  loop_.run();
  EXPECT_FALSE(watch->lost());
  store_->compact(2);
  EXPECT_TRUE(watch->lost());
}

// ---- history -------------------------------------------------------------------------------

TEST_F(CachedStoreTest, CompactionNeverReachesTheNewestRevision) {
  create(pod("a"), text("1"));
  store_->compact(1000);
  EXPECT_EQ(store_->compacted(), 1);
  ListOptions newest;
  newest.revision = 2;
  EXPECT_EQ(store_->list(kPods, newest).status, ReadStatus::ok);
  newest.revision = 1;
  EXPECT_EQ(store_->list(kPods, newest).status, ReadStatus::too_old);
}

TEST_F(CachedStoreTest, HistoryOlderThanTheTimeKeptIsForgottenByItself) {
  StoreOptions options;
  options.history = std::chrono::milliseconds(20);
  options.compact_every = std::chrono::milliseconds(5);
  open(options);
  for (int i = 0; i < 10; ++i) create(pod("p" + std::to_string(i)), text("1"));
  const Revision reached = store_->revision();
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (store_->compacted() < reached - 1 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_EQ(store_->compacted(), reached - 1);
  EXPECT_EQ(names({}).size(), 10u);
}

TEST_F(CachedStoreTest, EarlierVersionsPinNoMoreThanTheirLimit) {
  StoreOptions options;
  options.log_bytes = 100'000;
  open(options);
  Revision at = create(pod("a"), text(std::string(5000, 'x'))).object->revision;
  for (int i = 0; i < 50; ++i) {
    at = update(pod("a"), at, text(std::string(5000, 'x'))).object->revision;
  }
  ListOptions past;
  past.revision = 3;
  EXPECT_EQ(store_->list(kPods, past).status, ReadStatus::too_old);
  past.revision = at - 5;
  EXPECT_EQ(store_->list(kPods, past).status, ReadStatus::ok);
  EXPECT_EQ(store_->compacted(), 0) << "other resources keep their history";
}

TEST_F(CachedStoreTest, ARestartKeepsObjectsRevisionsAndHistory) {
  create(pod("a"), text("1"));     // 2
  create(pod("b"), text("1"));     // 3
  update(pod("a"), 2, text("2"));  // 4
  remove(pod("b"), 3);             // 5
  store_->compact(2);
  open();
  EXPECT_EQ(store_->revision(), 5);
  EXPECT_EQ(store_->compacted(), 2);
  EXPECT_EQ(store_->get(pod("a"))->json, object::with_revision(text("2"), 4));
  EXPECT_EQ(store_->get(pod("a"))->create_revision, 2);
  EXPECT_EQ(store_->get(pod("b")), nullptr);
  ReadStatus status{};
  const auto watch = store_->watch(
      kPods, "", 3, loop_, [] {}, status);
  loop_.run();
  const auto events = watch->take(0);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]->type, EventType::modified);
  EXPECT_EQ(events[0]->previous->revision, 2);
  EXPECT_EQ(events[1]->type, EventType::deleted);
  ListOptions past;
  past.revision = 3;
  EXPECT_EQ(names(past), (Names{"default/a", "default/b"}));
  EXPECT_EQ(create(pod("c"), text("1")).object->revision, 6);
}

TEST_F(CachedStoreTest, ARevisionIsNeverUsedTwiceThoughItsChangeWasForgotten) {
  create(pod("a"), text("1"));
  remove(pod("a"), 2);
  create(pod("b"), text("1"));
  store_->compact(3);
  open();
  EXPECT_EQ(create(pod("c"), text("1")).object->revision, 5);
}

// As after a restore that leaves revisions out.
TEST_F(CachedStoreTest, AStoreWithoutHistoryIsFollowedFromWhatItIsNow) {
  create(pod("a"), text("1"));
  for (const auto& change : data_->changes) data_->base[change.key] = change;
  data_->changes.clear();
  data_->state.revision = data_->state.compacted = 1000;
  open();
  EXPECT_EQ(store_->revision(), 1000);
  EXPECT_EQ(store_->list(kPods, {}).revision, 1000);
  ReadStatus status{};
  const auto watch = store_->watch(
      kPods, "", 1000, loop_, [] {}, status);
  ASSERT_NE(watch, nullptr);
  EXPECT_EQ(store_->watch(
                kPods, "", 999, loop_, [] {}, status),
            nullptr);
  EXPECT_EQ(status, ReadStatus::too_old);
  EXPECT_EQ(create(pod("b"), text("1")).object->revision, 1001);
  loop_.run();
  EXPECT_EQ(watch->take(0).size(), 1U);
}

TEST_F(CachedStoreTest, DamagedDataAreRefusedWithTheKeyThatIsWrong) {
  create(pod("a"), text("1"));
  data_->changes[0].value = "{\"metadata\":";
  try {
    open();
    FAIL() << "opened";
  } catch (const DriverError& error) {
    EXPECT_NE(std::string(error.what()).find("/registry/core/pods/default/a"), std::string::npos);
  }
}

// ---- batches, failure, pressure ------------------------------------------------------------

}  // namespace
}  // namespace limen::storage
