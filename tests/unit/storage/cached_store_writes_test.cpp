// Writes that wait together, fail, or are somebody else's.
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "object/canonical.h"
#include "unit/storage/cached_store_fixture.h"

namespace limen::storage {
namespace {

TEST_F(CachedStoreTest, WhatWaitsTogetherIsOneTransaction) {
  driver_->hold();
  std::atomic<int> done{0};
  for (int i = 0; i < 100; ++i) {
    store_->create(pod("p" + std::to_string(i)), text("1"), [&](WriteResult written) {
      EXPECT_EQ(written.status, WriteStatus::ok);
      ++done;
    });
  }
  EXPECT_EQ(done, 0) << "nothing is acknowledged before it is durable";
  EXPECT_EQ(store_->count(kPods), 0u) << "nor readable";
  driver_->release();
  while (done < 100) std::this_thread::yield();
  EXPECT_LE(data_->commits, 3) << "the first may have gone alone";
}

TEST_F(CachedStoreTest, TheSecondOfTwoUpdatesWaitingTogetherConflicts) {
  create(pod("a"), text("1"));
  driver_->hold();
  std::promise<WriteResult> first, second;
  store_->update(pod("a"), 2, text("2"), [&](WriteResult one) { first.set_value(std::move(one)); });
  store_->update(pod("a"), 2, text("3"),
                 [&](WriteResult one) { second.set_value(std::move(one)); });
  driver_->release();
  EXPECT_EQ(first.get_future().get().status, WriteStatus::ok);
  const WriteResult loser = second.get_future().get();
  EXPECT_EQ(loser.status, WriteStatus::conflict);
  EXPECT_EQ(loser.current->revision, 3);
  EXPECT_EQ(store_->get(pod("a"))->json, object::with_revision(text("2"), 3));
}

TEST_F(CachedStoreTest, ADriverThatFailsStoresNothingAndSaysWhy) {
  create(pod("a"), text("1"));
  driver_->fail_with("no space left on device");
  const WriteResult failed = update(pod("a"), 2, text("2"));
  EXPECT_EQ(failed.status, WriteStatus::unavailable);
  EXPECT_EQ(failed.error, "no space left on device");
  EXPECT_EQ(store_->trouble(), "no space left on device");
  EXPECT_EQ(store_->get(pod("a"))->revision, 2);
  EXPECT_EQ(store_->revision(), 2);
  driver_->fail_with("");
  EXPECT_EQ(update(pod("a"), 2, text("2")).status, WriteStatus::ok);
  EXPECT_EQ(store_->trouble(), "");
}

TEST_F(CachedStoreTest, ATransactionThatDoesNotEndIsTrouble) {
  StoreOptions options;
  options.slow_commit = std::chrono::milliseconds(20);
  open(options);
  driver_->hold();
  std::promise<void> done;
  store_->create(pod("a"), text("1"), [&](WriteResult) { done.set_value(); });
  EXPECT_EQ(store_->trouble(), "");
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  EXPECT_EQ(store_->trouble(), "a transaction has not ended for 0 s");
  driver_->release();
  done.get_future().wait();
  EXPECT_EQ(store_->trouble(), "");
}

TEST_F(CachedStoreTest, MoreWritesThanTheQueueHoldsAreTooBusy) {
  StoreOptions options;
  options.queue_writes = 3;
  open(options);
  driver_->hold();
  std::atomic<int> busy{0}, done{0};
  for (int i = 0; i < 20; ++i) {
    store_->create(pod("p" + std::to_string(i)), text("1"), [&](WriteResult written) {
      written.status == WriteStatus::too_busy ? ++busy : ++done;
    });
  }
  // At most one batch is with the driver and three wait.
  EXPECT_GE(busy, 20 - 3 - 3);
  EXPECT_EQ(done, 0);
  driver_->release();
  while (busy + done < 20) std::this_thread::yield();
  EXPECT_EQ(create(pod("later"), text("1")).status, WriteStatus::ok);
}

TEST_F(CachedStoreTest, ClosingFinishesWhatIsQueuedAndRefusesTheRest) {
  std::atomic<int> stored{0};
  for (int i = 0; i < 50; ++i) {
    store_->create(pod("p" + std::to_string(i)), text("1"), [&](WriteResult written) {
      if (written.status == WriteStatus::ok) ++stored;
    });
  }
  store_->close();
  EXPECT_EQ(stored, 50);
  EXPECT_EQ(create(pod("late"), text("1")).status, WriteStatus::unavailable);
  EXPECT_EQ(store_->count(kPods), 50u) << "reads still work";
}

TEST_F(CachedStoreTest, ConcurrentWritersNeverLoseAnUpdate) {
  constexpr int kThreads = 4, kEach = 300;
  create(pod("counter"), text("0"));
  const auto count_up = [&] {
    for (int i = 0; i < kEach; ++i) {
      while (true) {
        const ObjectPtr now = store_->get(pod("counter"));
        const int value = std::stoi(now->labels[0].second);
        const auto status =
            update(pod("counter"), now->revision, text(std::to_string(value + 1))).status;
        if (status == WriteStatus::ok) break;
        ASSERT_EQ(status, WriteStatus::conflict);
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(count_up);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(store_->get(pod("counter"))->labels[0].second, std::to_string(kThreads * kEach));
}

// Readers while a writer runs: a list and the watch that begins at its revision together always
// give the newest state.
TEST_F(CachedStoreTest, AListAndAWatchFromItsRevisionMissNothing) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string name = "p" + std::to_string(i % 50);
      const ObjectPtr there = store_->get(pod(name));
      if (!there) {
        create(pod(name), text("1"));
      } else if (i % 3) {
        update(pod(name), there->revision, text("2"));
      } else {
        remove(pod(name), there->revision);
      }
    }
  });
  for (int round = 0; round < 50; ++round) {
    const ListResult list = store_->list(kPods, {});
    std::map<std::string, Revision> state;
    for (const auto& object : list.objects) state[object->name] = object->revision;
    ReadStatus status{};
    const auto watch = store_->watch(
        kPods, "", list.revision, loop_, [] {}, status);
    ASSERT_TRUE(watch);
    const Revision target = list.revision + 20;
    Revision last = list.revision;
    while (last < target) {
      loop_.run();
      for (const EventPtr& event : watch->take(3)) {
        ASSERT_EQ(event->revision, last + 1) << "one resource: no gap, no repetition";
        last = event->revision;
        if (event->type == EventType::deleted) {
          ASSERT_EQ(state.erase(event->object->name), 1u);
        } else {
          ASSERT_EQ(event->type == EventType::added, !state.contains(event->object->name));
          state[event->object->name] = event->revision;
        }
      }
    }
    ListOptions past;
    past.revision = last;
    std::map<std::string, Revision> then;
    for (const auto& object : store_->list(kPods, past).objects)
      then[object->name] = object->revision;
    ASSERT_EQ(state, then);
  }
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace limen::storage
