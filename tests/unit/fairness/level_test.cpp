#include "fairness/level.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "fairness/hand.h"
#include "support/inline_executor.h"

namespace limen::fairness {
namespace {

using std::chrono::milliseconds;

// The time of all levels of these tests.
base::Deadline clock_now = base::Deadline() + std::chrono::hours(1);
base::Deadline now() { return clock_now; }

LevelSpec queued(std::uint32_t queues, std::uint32_t hand, std::size_t length) {
  LevelSpec spec;
  spec.name = "one";
  spec.queues = queues;
  spec.hand_size = hand;
  spec.queue_length_limit = length;
  return spec;
}

// A request of a flow, and what became of it.
struct Asked {
  request::RequestInfo info;
  request::Identity user;
  Place place;
  int answers = 0;
  Decision decision = Decision::waiting;
};

base::Task<void> hear(Asked& asked) {
  const base::OneShot<Decision> answer = asked.place.answer();
  asked.decision = co_await answer;
  ++asked.answers;
}

class LevelTest : public testing::Test {
 protected:
  LevelTest() { level_->configure(queued(8, 2, 50), 4); }
  // Whoever still waits is told so: a task that nobody ends keeps its frame.
  void TearDown() override {
    for (const auto& asked : all_) asked->place.give_up(Decision::cancelled);
    loop_.run();
  }

  Asked& ask(const std::string& flow, Work work = {}) {
    all_.push_back(std::make_unique<Asked>());
    Asked& asked = *all_.back();
    asked.user.name = flow;
    const std::uint64_t hash = flow_hash(17, asked.user.name);
    asked.decision = level_->enter(
        asked.place,
        {{asked.info, asked.user}, "schema", asked.user.name, metrics_, hash, work, loop_});
    if (asked.decision == Decision::waiting) {
      base::spawn(hear(asked), [](std::exception_ptr) {});
      loop_.run();
    } else {
      ++asked.answers;
    }
    return asked;
  }
  void leave(Asked& asked) {
    asked.place.leave();
    loop_.run();
  }
  std::size_t served() const { return level_->dump(false).executing; }
  std::size_t waiting() const { return level_->dump(false).waiting; }

  test::InlineExecutor loop_;
  FlowMetrics metrics_{"one", "schema"};
  std::shared_ptr<Level> level_ = std::make_shared<Level>("one", &now);
  std::vector<std::unique_ptr<Asked>> all_;
};

TEST_F(LevelTest, ServesAtOnceWhileThereAreSeats) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask("bob").decision, Decision::execute);
  EXPECT_EQ(ask("bob").decision, Decision::waiting);
  EXPECT_EQ(level_->dump(false).seats, 4);
}

TEST_F(LevelTest, WhoLeavesMakesRoomForWhoWaits) {
  Asked& first = ask("bob");
  for (int i = 0; i < 3; ++i) ask("bob");
  Asked& waits = ask("bob");
  leave(first);
  EXPECT_EQ(waits.decision, Decision::execute);
  EXPECT_EQ(waits.answers, 1);
  EXPECT_EQ(served(), 4U);
  EXPECT_EQ(waiting(), 0U);
}

TEST_F(LevelTest, AFullQueueRefuses) {
  level_->configure(queued(1, 1, 2), 1);
  ask("bob");
  EXPECT_EQ(ask("bob").decision, Decision::waiting);
  EXPECT_EQ(ask("bob").decision, Decision::waiting);
  EXPECT_EQ(ask("bob").decision, Decision::queue_full);
  EXPECT_EQ(level_->dump(false).rejected, 1U);
}

TEST_F(LevelTest, WithoutQueuesWhatFindsNoSeatIsRefused) {
  level_->configure(queued(0, 0, 0), 1);
  Asked& first = ask("bob");
  EXPECT_EQ(first.decision, Decision::execute);
  EXPECT_EQ(ask("bob").decision, Decision::concurrency_limit);
  leave(first);
  EXPECT_EQ(ask("bob").decision, Decision::execute);
}

TEST_F(LevelTest, WhoWaitedBeforeTheQueuesWentGoesFirst) {
  Asked& first = ask("bob", {.seats = 2});
  ask("bob");
  Asked& wide = ask("amy", {.seats = 3});
  ASSERT_EQ(wide.decision, Decision::waiting);
  level_->configure(queued(0, 0, 0), 4);
  EXPECT_EQ(ask("bob").decision, Decision::concurrency_limit) << "there is a seat, and amy's turn";
  leave(first);
  EXPECT_EQ(wide.decision, Decision::execute);
  leave(wide);
  EXPECT_EQ(ask("bob").decision, Decision::execute);
}

TEST_F(LevelTest, TheExemptLevelNeverRefuses) {
  LevelSpec exempt = queued(0, 0, 0);
  exempt.exempt = true;
  level_->configure(exempt, 0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ask("root").decision, Decision::execute);
  EXPECT_EQ(level_->dump(false).seats, 100);
}

TEST_F(LevelTest, GivingUpLeavesTheQueue) {
  for (int i = 0; i < 4; ++i) ask("bob");
  Asked& waits = ask("bob");
  EXPECT_TRUE(waits.place.give_up(Decision::timed_out));
  EXPECT_FALSE(waits.place.give_up(Decision::cancelled));
  loop_.run();
  EXPECT_EQ(waits.decision, Decision::timed_out);
  EXPECT_EQ(waits.answers, 1);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(level_->dump(false).timed_out, 1U);
}

TEST_F(LevelTest, WhoIsServedCannotGiveUp) {
  Asked& served = ask("bob");
  EXPECT_FALSE(served.place.give_up(Decision::timed_out));
  leave(served);
  EXPECT_FALSE(served.place.give_up(Decision::timed_out));
  EXPECT_TRUE(level_->idle());
}

TEST_F(LevelTest, APlaceGivesItsSeatsBackWhenItGoes) {
  ask("bob");
  Asked& wide = ask("bob", {.seats = 3});
  EXPECT_EQ(wide.decision, Decision::execute);
  EXPECT_EQ(level_->dump(false).seats, 4);
  all_.clear();
  EXPECT_TRUE(level_->idle());
  EXPECT_EQ(level_->dump(false).seats, 0);
}

TEST_F(LevelTest, AWideRequestGetsItsSeatsWhileOthersPassThatEndBefore) {
  std::vector<Asked*> served;
  for (int i = 0; i < 3; ++i) served.push_back(&ask("bob"));
  Asked& wide = ask("ann", {.seats = 4});
  EXPECT_EQ(wide.decision, Decision::waiting);
  Asked& narrow = ask("eve");
  EXPECT_EQ(narrow.decision, Decision::execute);
  served.push_back(&narrow);
  for (Asked* one : served) {
    EXPECT_EQ(wide.decision, Decision::waiting);
    leave(*one);
  }
  EXPECT_EQ(wide.decision, Decision::execute);
  EXPECT_EQ(level_->dump(false).seats, 4);
}

TEST_F(LevelTest, WhatIsWiderThanTheLevelIsServedAlone) {
  Asked& first = ask("bob");
  Asked& wide = ask("ann", {.seats = 9});
  EXPECT_EQ(wide.decision, Decision::waiting);
  leave(first);
  EXPECT_EQ(wide.decision, Decision::execute);
  EXPECT_EQ(ask("bob").decision, Decision::waiting);
}

TEST_F(LevelTest, SeatsOfAWriteLinger) {
  Asked& write = ask("bob", {.seats = 1, .final_seats = 4, .linger = milliseconds(20)});
  EXPECT_EQ(level_->dump(false).seats, 4);
  leave(write);
  EXPECT_EQ(served(), 0U);
  EXPECT_EQ(level_->dump(false).seats, 4);
  Asked& waits = ask("bob");
  EXPECT_EQ(waits.decision, Decision::waiting);
  clock_now += milliseconds(20);
  loop_.advance_to(clock_now);
  EXPECT_EQ(waits.decision, Decision::execute);
  EXPECT_EQ(level_->dump(false).seats, 1);
  leave(waits);
  EXPECT_TRUE(level_->idle());
}

TEST_F(LevelTest, MoreSeatsAreUsedAtOnceAndFewerAsTheyComeFree) {
  std::vector<Asked*> served;
  for (int i = 0; i < 4; ++i) served.push_back(&ask("bob"));
  Asked& waits = ask("bob");
  Asked& last = ask("bob");
  level_->limit(5);
  loop_.run();
  EXPECT_EQ(waits.decision, Decision::execute);
  level_->limit(2);
  for (Asked* one : served) {
    leave(*one);
    EXPECT_EQ(last.decision == Decision::execute, one == served.back());
  }
}

TEST_F(LevelTest, FewerQueuesDrainThoseThereAreTooMany) {
  level_->configure(queued(64, 2, 50), 1);
  Asked& first = ask("bob");
  std::vector<Asked*> waiting_ones;
  for (int i = 0; i < 20; ++i) waiting_ones.push_back(&ask("flow-" + std::to_string(i)));
  level_->configure(queued(2, 1, 50), 1);
  leave(first);
  for (int i = 0; i < 20; ++i) {
    const auto next = std::find_if(waiting_ones.begin(), waiting_ones.end(),
                                   [](Asked* one) { return one->decision == Decision::execute; });
    ASSERT_NE(next, waiting_ones.end());
    Asked* const one = *next;
    waiting_ones.erase(next);
    leave(*one);
  }
  EXPECT_TRUE(level_->idle());
}

// Requests are served for the time that their flow takes; whoever waits is served as the level
// says.
class Simulation : public LevelTest {
 protected:
  // Nobody is left waiting for an answer.
  void TearDown() override {
    while (!running_.empty()) step();
  }
  void begin(const std::string& flow, milliseconds time) {
    Asked& asked = ask(flow);
    running_[&asked] = {flow, time, clock_now, {}};
    if (asked.decision == Decision::execute) running_[&asked].ends = clock_now + time;
  }
  // A millisecond passes.
  void step() {
    clock_now += milliseconds(1);
    note();
    for (auto it = running_.begin(); it != running_.end();) {
      if (it->second.ends == base::Deadline() || it->second.ends > clock_now) {
        ++it;
        continue;
      }
      Asked* const asked = it->first;
      ++done_[it->second.flow];
      it = running_.erase(it);
      leave(*asked);
      note();
      it = running_.begin();
    }
    most_seats_ = std::max(most_seats_, level_->dump(false).seats);
  }
  void note() {
    for (auto& [asked, one] : running_) {
      if (asked->decision != Decision::execute || one.ends != base::Deadline()) continue;
      one.ends = clock_now + one.time;
      auto& longest = waited_[one.flow];
      longest = std::max(longest, clock_now - one.since);
    }
  }
  std::size_t at_work(const std::string& flow) const {
    return static_cast<std::size_t>(
        std::count_if(running_.begin(), running_.end(),
                      [&](const auto& entry) { return entry.second.flow == flow; }));
  }

  struct Running {
    std::string flow;
    milliseconds time{};
    base::Deadline since{}, ends{};
  };
  std::map<Asked*, Running> running_;
  std::map<std::string, int> done_;
  std::map<std::string, base::SteadyClock::duration> waited_;
  std::int64_t most_seats_ = 0;
};

TEST_F(Simulation, TwoFlowsThatAskForEverythingGetTheSame) {
  level_->configure(queued(64, 4, 1000), 4);
  for (int time = 0; time < 2000; ++time) {
    while (at_work("ann") < 30) begin("ann", milliseconds(5));
    while (at_work("bob") < 30) begin("bob", milliseconds(5));
    step();
  }
  const int both = done_["ann"] + done_["bob"];
  EXPECT_GT(both, 1400);
  EXPECT_NEAR(done_["ann"], both / 2, both / 5);
  EXPECT_LE(most_seats_, 4);
}

TEST_F(Simulation, AHeavyFlowDoesNotHoldUpALightOne) {
  level_->configure(queued(64, 4, 1000), 4);
  for (int time = 0; time < 2000; ++time) {
    while (at_work("heavy") < 200) begin("heavy", milliseconds(10));
    if (time % 50 == 0) begin("light", milliseconds(1));
    step();
  }
  EXPECT_EQ(done_["light"], 40);
  EXPECT_GT(done_["heavy"], 600);
  // A turn of the heavy flow, never its backlog, which is half a second long.
  EXPECT_LE(waited_["light"], milliseconds(15));
  EXPECT_LE(most_seats_, 4);
}

// Whatever happens in whatever order: seats stay within the limit, everybody ends exactly once, and
// in the end nothing is left.
TEST_F(LevelTest, NothingIsLostWhateverHappens) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::int64_t bound) {
      return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random);
    };
    const auto size_below = [&](std::size_t bound) {
      return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
    };
    level_ = std::make_shared<Level>("one", &now);
    const std::int64_t limit = 1 + below(6);
    level_->configure(queued(static_cast<std::uint32_t>(1 + below(8)), 1, 1 + size_below(10)),
                      limit);
    std::deque<std::unique_ptr<Asked>> alive;
    for (int step = 0; step < 400; ++step) {
      clock_now += std::chrono::microseconds(below(3000));
      loop_.advance_to(clock_now);
      const std::int64_t what = below(10);
      if (what < 5) {
        Work work{.seats = 1 + below(3)};
        if (below(4) == 0) work.final_seats = 1 + below(4);
        if (work.final_seats > 0) work.linger = milliseconds(below(6));
        ask("flow-" + std::to_string(below(12)), work);
        alive.push_back(std::move(all_.back()));
        all_.clear();
      } else if (!alive.empty()) {
        const std::size_t index = size_below(alive.size());
        Asked& one = *alive[index];
        if (what == 5) one.place.give_up(Decision::timed_out);
        if (what == 6) one.place.give_up(Decision::cancelled);
        loop_.run();
        if (what > 6 && one.decision != Decision::waiting) {
          ASSERT_EQ(one.answers, 1);
          alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(index));
          loop_.run();
        }
      }
      const LevelDump dump = level_->dump(false);
      constexpr std::int64_t kWidest = 4;  // served alone when the level has fewer
      ASSERT_LE(dump.seats, std::max(limit, kWidest));
      ASSERT_GE(dump.seats, 0);
    }
    while (!alive.empty()) {
      for (const auto& one : alive) one->place.give_up(Decision::cancelled);
      loop_.run();
      for (const auto& one : alive) ASSERT_EQ(one->answers, 1);
      alive.clear();
      loop_.run();
    }
    clock_now += std::chrono::seconds(1);
    loop_.advance_to(clock_now);
    ASSERT_TRUE(level_->idle()) << "seed " << seed;
    ASSERT_EQ(level_->dump(false).seats, 0);
    ASSERT_TRUE(level_->dump(false).active.empty());
  }
}

// Several loops at once, as the server has them: each thread is a loop of its own.
TEST(LevelThreads, SeatsAreNeverOverdrawnAndEverybodyEndsOnce) {
  constexpr int kThreads = 4;
  constexpr int kRequests = 3000;
  const auto level = std::make_shared<Level>("one");
  level->configure(queued(8, 2, 20), 3);
  FlowMetrics metrics("one", "threads");
  std::atomic<int> at_work{0};
  std::atomic<int> most{0};
  std::atomic<int> ended{0};
  const auto run = [&](int thread) {
    test::InlineExecutor loop;
    std::mt19937 random(static_cast<unsigned>(thread));
    std::deque<std::unique_ptr<Asked>> alive;
    const auto serve = [&](Asked& one) {
      const int now_at_work = at_work.fetch_add(1) + 1;
      int seen = most.load();
      while (seen < now_at_work && !most.compare_exchange_weak(seen, now_at_work)) {
      }
      at_work.fetch_sub(1);
      one.place.leave();
    };
    for (int i = 0; i < kRequests; ++i) {
      auto one = std::make_unique<Asked>();
      one->user.name = "user-" + std::to_string(random() % 9);
      const std::uint64_t hash = flow_hash(3, one->user.name);
      one->decision = level->enter(
          one->place,
          {{one->info, one->user}, "threads", one->user.name, metrics, hash, {.seats = 1}, loop});
      if (one->decision == Decision::waiting) {
        base::spawn(hear(*one), [](std::exception_ptr) {});
      } else {
        ++one->answers;
      }
      alive.push_back(std::move(one));
      loop.run();
      if (alive.size() < 6) continue;
      Asked& first = *alive.front();
      if (random() % 3 == 0) first.place.give_up(Decision::cancelled);
      while (first.decision == Decision::waiting) {
        // Whoever has seats and is further back must not keep the one in front waiting for ever.
        for (const auto& other : alive)
          if (other->decision == Decision::execute && other->answers == 1) other->place.leave();
        loop.run();
      }
      if (first.decision == Decision::execute) serve(first);
      ended.fetch_add(first.answers);
      alive.pop_front();
    }
    for (const auto& one : alive) one->place.give_up(Decision::cancelled);
    loop.run();
    for (const auto& one : alive) ended.fetch_add(one->answers);
    alive.clear();
    loop.run();
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(run, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ended.load(), kThreads * kRequests);
  EXPECT_LE(most.load(), 3);
  EXPECT_TRUE(level->idle());
  EXPECT_EQ(level->dump(false).seats, 0);
}

}  // namespace
}  // namespace limen::fairness
