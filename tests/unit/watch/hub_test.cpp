#include "watch/hub.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "event.h"
#include "support/inline_executor.h"

namespace limen::watch {
namespace {

using Revisions = std::vector<std::int64_t>;

class HubTest : public testing::Test {
 protected:
  void happen(std::int64_t revision, const std::string& ns) {
    log_->append(entry(revision, ns));
    published_->store(revision);
    hub_.notify();
  }
  std::unique_ptr<Subscription> watch(const std::string& ns, std::int64_t from, int& wakes) {
    return hub_.subscribe(ns, from, loop_, [&wakes] { ++wakes; });
  }

  test::InlineExecutor loop_;
  std::shared_ptr<Log> log_ = std::make_shared<Log>(1000);
  std::shared_ptr<std::atomic<std::int64_t>> published_ =
      std::make_shared<std::atomic<std::int64_t>>(0);
  Hub hub_{log_, published_};
};

TEST_F(HubTest, WakesOnceForSeveralEventsAndGivesThemInOrder) {
  int wakes = 0;
  const auto watch_all = watch("", 0, wakes);
  happen(1, "a");
  happen(2, "b");
  EXPECT_EQ(wakes, 0) << "a wake belongs to the loop";
  loop_.run();
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(revisions(watch_all->take(0)), (Revisions{1, 2}));
  EXPECT_TRUE(watch_all->take(0).empty());
}

TEST_F(HubTest, DoesNotWakeAgainUntilEverythingWasTaken) {
  int wakes = 0;
  const auto watch_all = watch("", 0, wakes);
  happen(1, "a");
  loop_.run();
  happen(2, "a");
  loop_.run();
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(revisions(watch_all->take(1)), (Revisions{1}));
  EXPECT_EQ(revisions(watch_all->take(1)), (Revisions{2}));
  EXPECT_TRUE(watch_all->take(1).empty());
  happen(3, "a");
  loop_.run();
  EXPECT_EQ(wakes, 2);
}

TEST_F(HubTest, WakesAWatcherOfANamespaceForThatNamespaceOnly) {
  int wakes = 0;
  const auto watch_a = watch("a", 0, wakes);
  happen(1, "b");
  loop_.run();
  EXPECT_EQ(wakes, 0);
  happen(2, "a");
  happen(3, "b");
  loop_.run();
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(revisions(watch_a->take(0)), (Revisions{2}));
}

TEST_F(HubTest, BeginsInThePastWithTheEventsAfterTheRevision) {
  int other = 0;
  const auto already_there = watch("", 0, other);
  for (int revision = 1; revision <= 4; ++revision) happen(revision, revision % 2 ? "a" : "b");
  loop_.run();
  int wakes = 0;
  const auto watch_b = watch("b", 2, wakes);
  int all_wakes = 0;
  const auto watch_all = watch("", 3, all_wakes);
  loop_.run();
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(revisions(watch_b->take(0)), (Revisions{4}));
  EXPECT_EQ(all_wakes, 1);
  EXPECT_EQ(revisions(watch_all->take(0)), (Revisions{4}));
}

TEST_F(HubTest, AWatcherThatBeginsInThePastWithNothingForItIsNotWoken) {
  int other = 0;
  const auto already_there = watch("", 0, other);
  happen(1, "a");
  loop_.run();
  int wakes = 0;
  const auto watch_b = watch("b", 0, wakes);
  loop_.run();
  EXPECT_EQ(wakes, 0);
}

TEST_F(HubTest, GivesNoWatcherWhereTheLogWasTrimmed) {
  happen(1, "a");
  happen(2, "a");
  log_->trim(2);
  int wakes = 0;
  EXPECT_EQ(watch("", 1, wakes), nullptr);
  EXPECT_NE(watch("", 2, wakes), nullptr);
}

TEST_F(HubTest, AWatcherIsLostWhenEventsItDidNotTakeAreTrimmed) {
  int wakes = 0;
  const auto watch_all = watch("", 0, wakes);
  happen(1, "a");
  happen(2, "a");
  loop_.run();
  EXPECT_FALSE(watch_all->lost());
  log_->trim(1);
  EXPECT_TRUE(watch_all->lost());
  EXPECT_TRUE(watch_all->take(0).empty());
  EXPECT_TRUE(watch_all->lost());
}

TEST_F(HubTest, AWatcherIsLostAndWokenWhenTheLogIsTrimmedBeforeItsLoopRan) {
  int wakes = 0;
  const auto watch_a = watch("a", 0, wakes);
  happen(1, "a");
  happen(2, "b");
  log_->trim(1);
  loop_.run();
  EXPECT_EQ(wakes, 1);
  EXPECT_TRUE(watch_a->lost());
}

TEST_F(HubTest, TrimmingEventsOfOtherNamespacesLosesNobody) {
  int wakes = 0;
  const auto watch_a = watch("a", 0, wakes);
  for (int revision = 1; revision <= 5; ++revision) happen(revision, "b");
  loop_.run();
  log_->trim(5);
  EXPECT_FALSE(watch_a->lost());
  happen(6, "a");
  loop_.run();
  EXPECT_EQ(revisions(watch_a->take(0)), (Revisions{6}));
}

TEST_F(HubTest, ThePositionFollowsTheStoreWhileNothingIsPending) {
  int wakes = 0;
  const auto watch_a = watch("a", 1, wakes);
  EXPECT_EQ(watch_a->position(), 1);
  published_->store(10);  // changes of other resources
  EXPECT_EQ(watch_a->position(), 10);
  happen(11, "b");
  EXPECT_EQ(watch_a->position(), 10) << "the loop has not looked at the entry yet";
  loop_.run();
  EXPECT_EQ(watch_a->position(), 11);
  happen(12, "a");
  published_->store(20);
  loop_.run();
  EXPECT_EQ(watch_a->position(), 11) << "12 has not been taken";
  watch_a->take(0);
  EXPECT_EQ(watch_a->position(), 20);
}

TEST_F(HubTest, AWakeMayEndItsOwnAndOtherWatches) {
  std::unique_ptr<Subscription> first, second;
  int wakes = 0;
  const auto end_both = [&] {
    ++wakes;
    first.reset();
    second.reset();
  };
  first = hub_.subscribe("", 0, loop_, end_both);
  second = hub_.subscribe("", 0, loop_, end_both);
  happen(1, "a");
  loop_.run();
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(hub_.watchers(), 0u);
}

TEST_F(HubTest, NothingIsPostedToALoopWithoutWatchers) {
  int wakes = 0;
  watch("a", 0, wakes).reset();
  happen(1, "a");
  loop_.run();
  EXPECT_EQ(wakes, 0);
}

TEST_F(HubTest, ASubscriptionMayOutliveItsHub) {
  auto log = std::make_shared<Log>(1000);
  int wakes = 0;
  std::unique_ptr<Subscription> subscription;
  {
    Hub hub(log, published_);
    subscription = hub.subscribe("", 0, loop_, [&] { ++wakes; });
    log->append(entry(1, "a"));
    hub.notify();
  }
  loop_.run();
  EXPECT_EQ(revisions(subscription->take(0)), (Revisions{1}));
}

// A writer at full speed against watchers on two loops, of everything and of namespaces, some of
// which come late and go early: each sees exactly the entries that concern it, in order.
TEST_F(HubTest, EveryWatcherSeesEveryEventOnceInOrderWhileTheWriterRuns) {
  constexpr std::int64_t kEvents = 4000;
  const auto log = std::make_shared<Log>(std::size_t{1} << 30);
  const auto published = std::make_shared<std::atomic<std::int64_t>>(0);
  Hub hub(log, published);
  std::atomic<bool> written{false};

  const auto reader = [&](int seed) {
    test::InlineExecutor loop;
    struct Seen {
      std::unique_ptr<Subscription> subscription;
      std::int64_t from;
      std::string ns;
      Revisions revisions;
    };
    std::vector<std::unique_ptr<Seen>> watchers;
    const auto add = [&](const std::string& ns) {
      auto seen = std::make_unique<Seen>();
      seen->from = published->load();
      seen->ns = ns;
      Seen* one = seen.get();
      const auto wake = [one] {
        for (const EventPtr& event : one->subscription->take(7))
          one->revisions.push_back(event->revision);
      };
      one->subscription = hub.subscribe(ns, seen->from, loop, wake);
      watchers.push_back(std::move(seen));
    };
    const auto drain = [&] {
      for (const auto& one : watchers) {
        for (const EventPtr& event : one->subscription->take(static_cast<std::size_t>(seed)))
          one->revisions.push_back(event->revision);
      }
    };
    while (!written) {
      if (watchers.size() < 40)
        add(watchers.size() % 3 == 0 ? "" : "n" + std::to_string(watchers.size() % 5));
      loop.run();
      drain();
    }
    for (int round = 0; round < kEvents; ++round) {
      loop.run();
      drain();
    }
    for (const auto& one : watchers) {
      Revisions expected;
      for (std::int64_t revision = one->from + 1; revision <= kEvents; ++revision) {
        if (one->ns.empty() || one->ns == "n" + std::to_string(revision % 5))
          expected.push_back(revision);
      }
      EXPECT_EQ(one->revisions, expected) << "from " << one->from << " in " << one->ns;
      EXPECT_EQ(one->subscription->position(), kEvents);
    }
  };
  std::thread first(reader, 3), second(reader, 5);
  for (std::int64_t revision = 1; revision <= kEvents; ++revision) {
    log->append(entry(revision, "n" + std::to_string(revision % 5)));
    published->store(revision);
    hub.notify();
    if (revision % 64 == 0) std::this_thread::yield();
  }
  written = true;
  first.join();
  second.join();
}

}  // namespace
}  // namespace limen::watch
