// Two stores on the same data, as two servers have them.

#include <atomic>
#include <thread>

#include "cached_store_fixture.h"
#include "observability/metrics.h"

namespace limen::storage {
namespace {

class SharedStoreTest : public CachedStoreTest {
 protected:
  SharedStoreTest() {
    open({}, test::Sharing::shared);
    auto driver = std::make_unique<test::MemoryDriver>(data_, test::Sharing::shared);
    other_driver_ = driver.get();
    other_ = std::make_unique<CachedStore>(std::move(driver));
  }

  // What the other server writes.
  WriteResult theirs(Key key, std::string json) {
    std::promise<WriteResult> result;
    other_->create(std::move(key), std::move(json),
                   [&](WriteResult written) { result.set_value(std::move(written)); });
    return result.get_future().get();
  }
  static std::string confirmed(CachedStore& store) {
    std::promise<std::string> result;
    store.confirm([&](std::string error) { result.set_value(std::move(error)); });
    return result.get_future().get();
  }
  std::unique_ptr<Watch> watch(Revision from, ReadStatus& status) {
    return store_->watch(
        kPods, "", from, loop_, [this] { ++wakes_; }, status);
  }

  test::MemoryDriver* other_driver_ = nullptr;
  std::unique_ptr<CachedStore> other_;
  int wakes_ = 0;
};

TEST_F(SharedStoreTest, ChangesOfAnotherServerArriveLikeOurOwn) {
  ReadStatus status{};
  const auto seen = watch(1, status);
  theirs(pod("theirs"), text("1"));
  EXPECT_EQ(confirmed(*store_), "");
  EXPECT_EQ(store_->get(pod("theirs"))->revision, 2);
  EXPECT_EQ(update(pod("theirs"), 2, text("2")).object->create_revision, 2);
  EXPECT_EQ(remove(pod("theirs"), 3).object->revision, 4);
  loop_.run();
  const auto events = seen->take(0);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1]->revision, 3);
  EXPECT_EQ(events[2]->type, EventType::deleted);
}

TEST_F(SharedStoreTest, AnAcknowledgedWriteIsReadableWhereItWasMade) {
  for (int i = 0; i < 200; ++i) {
    const Key key = pod("a" + std::to_string(i));
    const WriteResult made = create(key, text("1"));
    ASSERT_EQ(made.status, WriteStatus::ok);
    ASSERT_EQ(store_->get(key), made.object);
  }
}

TEST_F(SharedStoreTest, WhatMemoryDoesNotKnowYetDecides) {
  driver_->hold_changes();
  theirs(pod("a"), text("1"));
  std::thread later([this] {
    while (driver_->data().commits < 2) std::this_thread::yield();
    driver_->release_changes();
  });
  const WriteResult refused = create(pod("a"), text("mine"));
  later.join();
  EXPECT_EQ(refused.status, WriteStatus::already_exists);
  ASSERT_TRUE(refused.current);
  EXPECT_EQ(refused.current->revision, 2);
}

TEST_F(SharedStoreTest, AnObjectThatIsOnlyStillInMemoryRefusesNothing) {
  theirs(pod("a"), text("1"));
  confirmed(*store_);
  driver_->hold_changes();
  other_driver_->foreign("/registry/core/pods/default/a", "", 2, true);
  std::thread later([this] {
    while (driver_->data().commits < 2) std::this_thread::yield();
    driver_->release_changes();
  });
  const WriteResult made = create(pod("a"), text("2"));
  later.join();
  EXPECT_EQ(made.status, WriteStatus::ok);
  EXPECT_EQ(made.object->create_revision, 4);
}

TEST_F(SharedStoreTest, AConfirmedReadShowsWhatWasDurableBefore) {
  driver_->hold_changes();
  theirs(pod("a"), text("1"));
  EXPECT_FALSE(store_->get(pod("a"))) << "not told yet";
  std::atomic<bool> sure{false};
  store_->confirm([&](const std::string& error) {
    EXPECT_EQ(error, "");
    EXPECT_TRUE(store_->get(pod("a")));
    sure = true;
  });
  EXPECT_FALSE(sure);
  driver_->release_changes();
  while (!sure) std::this_thread::yield();
}

TEST_F(SharedStoreTest, ManyWhoWaitAreConfirmedTogether) {
  driver_->hold_changes();
  std::atomic<int> sure{0};
  for (int i = 0; i < 100; ++i) {
    store_->confirm([&](const std::string&) { ++sure; });
  }
  while (driver_->confirmations() == 0) std::this_thread::yield();
  driver_->release_changes();
  while (sure < 100) std::this_thread::yield();
  EXPECT_LE(driver_->confirmations(), 3);
}

TEST_F(SharedStoreTest, WhoAsksWhileTheDriverIsAskedIsConfirmedByTheNextAnswer) {
  driver_->hold_changes();
  std::atomic<int> sure{0};
  store_->confirm([&](const std::string&) { ++sure; });
  while (driver_->confirmations() == 0) std::this_thread::yield();
  store_->confirm([&](const std::string&) { ++sure; });
  driver_->release_changes();
  while (sure < 2) std::this_thread::yield();
  EXPECT_EQ(driver_->confirmations(), 2);
}

TEST_F(SharedStoreTest, AFailedConfirmationSaysWhy) {
  driver_->fail_with("no leader");
  EXPECT_EQ(confirmed(*store_), "no leader");
  driver_->fail_with("");
  EXPECT_EQ(confirmed(*store_), "");
}

TEST_F(SharedStoreTest, AnUnknownOutcomeIsToldAsSuchAndShowsWhenItHappened) {
  driver_->forget_outcomes(true);
  const WriteResult result = create(pod("a"), text("1"));
  EXPECT_EQ(result.status, WriteStatus::unknown);
  EXPECT_EQ(result.error, "nobody knows");
  confirmed(*store_);
  EXPECT_TRUE(store_->get(pod("a"))) << "it had happened";
}

TEST_F(SharedStoreTest, TroubleRefusesWritesUntilItIsOver) {
  driver_->trouble("etcd is away");
  while (store_->trouble().empty()) std::this_thread::yield();
  EXPECT_EQ(store_->trouble(), "etcd is away");
  const WriteResult refused = create(pod("a"), text("1"));
  EXPECT_EQ(refused.status, WriteStatus::unavailable);
  EXPECT_EQ(refused.error, "etcd is away");
  driver_->trouble("");
  while (!store_->trouble().empty()) std::this_thread::yield();
  EXPECT_EQ(create(pod("a"), text("1")).status, WriteStatus::ok);
}

TEST_F(SharedStoreTest, NothingIsConfirmedWhileTheStoreIsAway) {
  driver_->trouble("etcd is away");
  while (store_->trouble().empty()) std::this_thread::yield();
  EXPECT_EQ(confirmed(*store_), "etcd is away");
  EXPECT_EQ(driver_->confirmations(), 0);
}

TEST_F(SharedStoreTest, ThatTroubleIsOverCountsMoreThanAWriteThatFailedBefore) {
  driver_->fail_with("no leader");
  create(pod("a"), text("1"));
  EXPECT_EQ(store_->trouble(), "no leader");
  driver_->fail_with("");
  driver_->trouble("");
  while (!store_->trouble().empty()) std::this_thread::yield();
  EXPECT_EQ(store_->trouble(), "");
}

TEST_F(SharedStoreTest, TheTimeToLiveOfAResourceGoesWithWhatIsWritten) {
  StoreOptions options;
  options.ttl = [](const ResourceId& id) {
    return std::chrono::seconds(id.resource == "pods" ? 60 : 0);
  };
  for (const test::Sharing sharing : {test::Sharing::shared, test::Sharing::alone}) {
    open(options, sharing);
    const bool shared = sharing == test::Sharing::shared;
    create(pod(shared ? "a" : "b"), text("1"));
    EXPECT_EQ(driver_->last_ttl(), std::chrono::seconds(shared ? 60 : 0));
  }
}

TEST_F(SharedStoreTest, ConfirmationsAndThoseWhoSharedThemAreCounted) {
  const auto value = [](const std::string& name) {
    const std::string all = metrics::render();
    const std::size_t at = all.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stoi(all.substr(at + name.size() + 2));
  };
  const std::string asked = "limen_storage_confirmations_total{outcome=\"confirmed\"}";
  const std::string shared = "limen_storage_confirmed_reads_total";
  const int asked_before = value(asked);
  const int shared_before = value(shared);
  driver_->hold_changes();
  std::atomic<int> sure{0};
  for (int i = 0; i < 10; ++i) {
    store_->confirm([&](const std::string&) { ++sure; });
  }
  while (driver_->confirmations() == 0) std::this_thread::yield();
  driver_->release_changes();
  while (sure < 10) std::this_thread::yield();
  EXPECT_EQ(value(shared) - shared_before, 10);
  EXPECT_LE(value(asked) - asked_before, 3);
}

TEST_F(SharedStoreTest, MissedChangesAreReadAnewAndWatchersAreTold) {
  theirs(pod("stays"), text("1"));
  theirs(pod("goes"), text("1"));
  confirmed(*store_);
  ReadStatus status{};
  const auto old = watch(3, status);
  const auto quiet = store_->watch(
      kNodes, "", 3, loop_, [] {}, status);
  driver_->hold_changes();
  other_driver_->foreign("/registry/core/pods/default/goes", "", 3, true);
  theirs(pod("new"), text("1"));
  driver_->miss_changes();
  confirmed(*store_);
  loop_.run();
  EXPECT_TRUE(old->lost());
  EXPECT_EQ(names({}), (Names{"default/new", "default/stays"}));
  EXPECT_EQ(store_->revision(), 5);
  EXPECT_EQ(store_->get(pod("stays"))->revision, 2);
  EXPECT_FALSE(watch(4, status));
  EXPECT_EQ(status, ReadStatus::too_old);
  const auto fresh = watch(5, status);
  ASSERT_TRUE(fresh);
  theirs(pod("next"), text("1"));
  confirmed(*store_);
  loop_.run();
  EXPECT_EQ(fresh->take(0).size(), 1u);
}

TEST_F(SharedStoreTest, OnlyTheOneWhoseTurnItIsHasTheDriverForget) {
  for (int i = 0; i < 4; ++i) create(pod("a" + std::to_string(i)), text("1"));
  bool turn = false;
  StoreOptions options;
  options.compacts = [&] { return turn; };
  open(options, test::Sharing::shared);
  store_->compact(3);
  EXPECT_EQ(store_->compacted(), 3) << "its own memory forgets";
  EXPECT_EQ(data_->state.compacted, 0);
  turn = true;
  store_->compact(4);
  EXPECT_EQ(data_->state.compacted, 4);
}

TEST_F(SharedStoreTest, TwoWritersNeverLoseAnUpdate) {
  constexpr int kEach = 200;
  create(pod("counter"), text("0"));
  const auto count_up = [](CachedStore& store) {
    for (int i = 0; i < kEach; ++i) {
      for (bool counted = false; !counted;) {
        confirmed(store);
        const ObjectPtr now = store.get(pod("counter"));
        const int value = std::stoi(now->labels[0].second);
        std::promise<WriteStatus> result;
        store.update(pod("counter"), now->revision, text(std::to_string(value + 1)),
                     [&](const WriteResult& written) { result.set_value(written.status); });
        counted = result.get_future().get() == WriteStatus::ok;
      }
    }
  };
  std::thread mine([&] { count_up(*store_); });
  count_up(*other_);
  mine.join();
  confirmed(*store_);
  EXPECT_EQ(store_->get(pod("counter"))->labels[0].second, std::to_string(2 * kEach));
}

}  // namespace
}  // namespace limen::storage
