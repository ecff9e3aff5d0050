#include "storage/cached_store.h"

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <random>
#include <thread>

#include "object/canonical.h"
#include "support/inline_executor.h"
#include "support/memory_driver.h"

namespace limen::storage {
namespace {

const ResourceId kPods{"", "pods"};
const ResourceId kNodes{"", "nodes"};

Key pod(std::string name, std::string ns = "default") {
  return {kPods, std::move(ns), std::move(name)};
}

std::string text(const std::string& value, const std::string& name = "x") {
  return R"({"kind":"Pod","spec":")" + value + R"(","metadata":{"name":")" + name +
         R"(","labels":{"value":")" + value + R"("}}})";
}

class CachedStoreTest : public testing::Test {
 protected:
  CachedStoreTest() { open(); }

  void open(StoreOptions options = {}) {
    store_.reset();
    auto driver = std::make_unique<test::MemoryDriver>(data_);
    driver_ = driver.get();
    store_ = std::make_unique<CachedStore>(std::move(driver), options);
  }
  WriteResult create(Key key, std::string json) {
    std::promise<WriteResult> result;
    store_->create(std::move(key), std::move(json),
                   [&](WriteResult written) { result.set_value(std::move(written)); });
    return result.get_future().get();
  }
  WriteResult update(Key key, Revision expected, std::string json) {
    std::promise<WriteResult> result;
    store_->update(std::move(key), expected, std::move(json),
                   [&](WriteResult written) { result.set_value(std::move(written)); });
    return result.get_future().get();
  }
  WriteResult remove(Key key, Revision expected) {
    std::promise<WriteResult> result;
    store_->remove(std::move(key), expected,
                   [&](WriteResult written) { result.set_value(std::move(written)); });
    return result.get_future().get();
  }
  std::vector<std::string> names(const ListOptions& options, const ResourceId& id = kPods) {
    std::vector<std::string> list;
    for (const ObjectPtr& object : store_->list(id, options).objects) {
      list.push_back(object->ns + "/" + object->name);
    }
    return list;
  }

  test::InlineExecutor loop_;
  std::shared_ptr<test::MemoryData> data_ = std::make_shared<test::MemoryData>();
  test::MemoryDriver* driver_ = nullptr;
  std::unique_ptr<CachedStore> store_;
};

using Names = std::vector<std::string>;

TEST_F(CachedStoreTest, AnEmptyStoreIsAtRevisionOne) {
  EXPECT_EQ(store_->revision(), 1);
  EXPECT_EQ(store_->compacted(), 0);
  const ListResult list = store_->list(kPods, {});
  EXPECT_EQ(list.status, ReadStatus::ok);
  EXPECT_EQ(list.revision, 1);
  EXPECT_TRUE(list.objects.empty());
}

TEST_F(CachedStoreTest, ACreatedObjectIsReadableAtItsRevision) {
  const WriteResult written = create(pod("a"), text("1", "a"));
  ASSERT_EQ(written.status, WriteStatus::ok);
  EXPECT_EQ(written.object->revision, 2);
  EXPECT_EQ(written.object->create_revision, 2);
  EXPECT_EQ(written.object->json, object::with_revision(text("1", "a"), 2));
  EXPECT_EQ(store_->get(pod("a")), written.object);
  EXPECT_EQ(store_->revision(), 2);
  EXPECT_EQ(store_->count(kPods), 1u);
}

TEST_F(CachedStoreTest, CreatingWhatExistsIsRefusedWithWhatIsThere) {
  const ObjectPtr first = create(pod("a"), text("1")).object;
  const WriteResult second = create(pod("a"), text("2"));
  EXPECT_EQ(second.status, WriteStatus::already_exists);
  EXPECT_EQ(second.current, first);
  EXPECT_EQ(store_->revision(), 2);
}

TEST_F(CachedStoreTest, AnUpdateNeedsTheRevisionTheObjectIsAt) {
  const ObjectPtr first = create(pod("a"), text("1")).object;
  const WriteResult second = update(pod("a"), 2, text("2"));
  ASSERT_EQ(second.status, WriteStatus::ok);
  EXPECT_EQ(second.object->revision, 3);
  EXPECT_EQ(second.object->create_revision, 2);
  const WriteResult stale = update(pod("a"), 2, text("3"));
  EXPECT_EQ(stale.status, WriteStatus::conflict);
  EXPECT_EQ(stale.current, second.object);
  EXPECT_EQ(update(pod("b"), 2, text("3")).status, WriteStatus::not_found);
}

TEST_F(CachedStoreTest, RemovingGivesTheLastStateAtTheRemovalsRevision) {
  create(pod("a"), text("1"));
  EXPECT_EQ(remove(pod("a"), 1).status, WriteStatus::conflict);
  const WriteResult gone = remove(pod("a"), 2);
  ASSERT_EQ(gone.status, WriteStatus::ok);
  EXPECT_EQ(gone.object->json, object::with_revision(text("1"), 3));
  EXPECT_EQ(store_->get(pod("a")), nullptr);
  EXPECT_EQ(remove(pod("a"), 3).status, WriteStatus::not_found);
  EXPECT_EQ(create(pod("a"), text("2")).object->revision, 4);
}

TEST_F(CachedStoreTest, TasksResumeOnTheirLoop) {
  const auto write = [](CachedStore& store, base::Executor& loop) -> base::Task<WriteResult> {
    Key key = pod("a");
    std::string json = text("1");
    co_return co_await store.create(loop, std::move(key), std::move(json));
  };
  std::optional<WriteResult> result;
  const auto keep = [](base::Task<WriteResult> task,
                       std::optional<WriteResult>* out) -> base::Task<void> {
    out->emplace(co_await task);
  };
  base::spawn(keep(write(*store_, loop_), &result), [](std::exception_ptr) {});
  while (!result) {
    loop_.run();
    std::this_thread::yield();
  }
  EXPECT_EQ(result->status, WriteStatus::ok);
}

TEST_F(CachedStoreTest, TextThatIsNoCanonicalObjectIsNotStored) {
  EXPECT_EQ(create(pod("a"), "{}").status, WriteStatus::unavailable);
  EXPECT_EQ(create(pod("../b"), text("1")).status, WriteStatus::unavailable);
  EXPECT_EQ(store_->revision(), 1);
}

// ---- lists ---------------------------------------------------------------------------------

TEST_F(CachedStoreTest, ListsInKeyOrderOfOneNamespaceOrAll) {
  for (const auto& [ns, name] : std::vector<std::pair<std::string, std::string>>{
           {"b", "x"}, {"a", "z"}, {"a", "y"}, {"ab", "w"}}) {
    create(pod(name, ns), text("1"));
  }
  EXPECT_EQ(names({}), (Names{"a/y", "a/z", "ab/w", "b/x"}));
  ListOptions in_a;
  in_a.ns = "a";
  EXPECT_EQ(names(in_a), (Names{"a/y", "a/z"}));
  in_a.ns = "c";
  EXPECT_TRUE(names(in_a).empty());
  EXPECT_TRUE(names({}, kNodes).empty());
}

TEST_F(CachedStoreTest, PagesContinueAfterTheLastKeyAndCountWhatRemains) {
  for (int i = 0; i < 5; ++i) create(pod("p" + std::to_string(i)), text("1"));
  ListOptions page;
  page.ns = "default";
  page.limit = 2;
  const ListResult first = store_->list(kPods, page);
  EXPECT_EQ(first.objects.size(), 2u);
  EXPECT_TRUE(first.more);
  EXPECT_EQ(first.remaining, 3);
  EXPECT_EQ(first.last_name, "p1");
  page.start_ns = first.last_ns;
  page.start_name = first.last_name;
  page.limit = 3;
  const ListResult second = store_->list(kPods, page);
  EXPECT_EQ(second.objects.size(), 3u);
  EXPECT_FALSE(second.more) << "exactly the limit, and nothing after it";
}

TEST_F(CachedStoreTest, AFilterSelectsAndTheLimitCountsWhatItLetsThrough) {
  for (int i = 0; i < 6; ++i) create(pod("p" + std::to_string(i)), text(i % 2 ? "odd" : "even"));
  ListOptions odd;
  odd.filter = [](const StoredObject& object) { return object.labels[0].second == "odd"; };
  EXPECT_EQ(names(odd), (Names{"default/p1", "default/p3", "default/p5"}));
  odd.limit = 2;
  const ListResult page = store_->list(kPods, odd);
  EXPECT_EQ(page.last_name, "p3");
  EXPECT_TRUE(page.more);
  odd.limit = 3;
  EXPECT_FALSE(store_->list(kPods, odd).more);
}

TEST_F(CachedStoreTest, AnExactRevisionShowsThePast) {
  create(pod("a"), text("1"));     // 2
  create(pod("b"), text("1"));     // 3
  update(pod("a"), 2, text("2"));  // 4
  remove(pod("b"), 3);             // 5
  ListOptions past;
  past.revision = 3;
  const ListResult list = store_->list(kPods, past);
  EXPECT_EQ(list.revision, 3);
  ASSERT_EQ(list.objects.size(), 2u);
  EXPECT_EQ(list.objects[0]->revision, 2);
  EXPECT_EQ(list.objects[1]->name, "b");
  past.revision = 1;
  EXPECT_TRUE(store_->list(kPods, past).objects.empty());
  past.revision = 5;
  EXPECT_EQ(names(past), (Names{"default/a"}));
  past.revision = 6;
  EXPECT_EQ(store_->list(kPods, past).status, ReadStatus::too_new);
}

// Random changes; then every revision, read in pages of random size by namespace and overall, must
// show exactly what was there then.
TEST_F(CachedStoreTest, EveryKeptRevisionListsExactlyTheStateItHad) {
  std::mt19937 random(11);
  using State = std::map<std::pair<std::string, std::string>, Revision>;
  std::map<Revision, State> states;
  State state;
  states[1] = state;
  for (int step = 0; step < 400; ++step) {
    const std::string ns = "n" + std::to_string(random() % 3);
    const std::string name = "p" + std::to_string(random() % 15);
    const auto there = state.find({ns, name});
    if (there == state.end()) {
      state[{ns, name}] = create(pod(name, ns), text("1")).object->revision;
    } else if (random() % 2) {
      there->second = update(pod(name, ns), there->second, text("2")).object->revision;
    } else {
      ASSERT_EQ(remove(pod(name, ns), there->second).status, WriteStatus::ok);
      state.erase(there);
    }
    states[store_->revision()] = state;
  }
  for (const auto& [revision, then] : states) {
    for (const std::string ns : {"", "n1"}) {
      std::vector<std::pair<std::pair<std::string, std::string>, Revision>> expected, seen;
      for (const auto& one : then) {
        if (ns.empty() || one.first.first == ns) expected.push_back(one);
      }
      ListOptions page;
      page.ns = ns;
      page.revision = revision;
      page.limit = 1 + random() % 7;
      while (true) {
        const ListResult list = store_->list(kPods, page);
        ASSERT_EQ(list.status, ReadStatus::ok);
        for (const auto& one : list.objects) seen.push_back({{one->ns, one->name}, one->revision});
        if (!list.more) break;
        ASSERT_EQ(static_cast<std::size_t>(list.remaining), expected.size() - seen.size());
        page.start_ns = list.last_ns;
        page.start_name = list.last_name;
      }
      ASSERT_EQ(seen, expected) << "at " << revision << " in '" << ns << "'";
    }
  }
}

// ---- watches -------------------------------------------------------------------------------

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

TEST_F(CachedStoreTest, ChangesOfAnotherServerArriveLikeOurOwn) {
  int wakes = 0;
  ReadStatus status{};
  const auto watch = store_->watch(
      kPods, "", 1, loop_, [&] { ++wakes; }, status);
  driver_->foreign("/registry/core/pods/default/theirs", text("1"), 0);
  while (store_->revision() < 2) std::this_thread::yield();
  EXPECT_EQ(store_->get(pod("theirs"))->revision, 2);
  EXPECT_EQ(update(pod("theirs"), 2, text("2")).object->create_revision, 2);
  driver_->foreign("/registry/core/pods/default/theirs", "", 3, true);
  while (store_->revision() < 4) std::this_thread::yield();
  loop_.run();
  EXPECT_EQ(watch->take(0).size(), 3u);
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
