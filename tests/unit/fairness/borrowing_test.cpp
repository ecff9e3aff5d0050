#include "fairness/borrowing.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace limen::fairness {
namespace {

using std::chrono::seconds;

LevelDemand level(std::int64_t nominal, std::int64_t least, double smoothed,
                  std::int64_t peak = 0) {
  LevelDemand made;
  made.limits = {nominal, least, nominal + 1000};
  made.demand = {smoothed, peak};
  return made;
}

TEST(Borrowing, SharesAreRoundedUp) {
  LevelSpec one, two;
  one.shares = 5;
  two.shares = 240;
  two.lendable_percent = 33;
  two.borrowing_limit_percent = 50;
  const auto seats = divide_seats(600, {&one, &two});
  EXPECT_EQ(seats[0].nominal, 13);  // 12.2
  EXPECT_EQ(seats[0].least, 13);
  EXPECT_EQ(seats[0].most, 613);
  EXPECT_EQ(seats[1].nominal, 588);  // 587.7
  EXPECT_EQ(seats[1].least, 588 - 194);
  EXPECT_EQ(seats[1].most, 588 + 294);
}

TEST(Borrowing, NobodyWithSharesIsNobodyWithSeats) {
  LevelSpec one;
  EXPECT_EQ(divide_seats(600, {&one})[0].nominal, 0);
  EXPECT_TRUE(divide_seats(600, {}).empty());
}

TEST(Borrowing, ABusyLevelBorrowsWhatAnIdleOneLends) {
  const auto seats = lend_seats({level(100, 50, 0), level(100, 50, 400, 200)});
  EXPECT_EQ(seats[0], 50);
  EXPECT_EQ(seats[1], 150);
}

TEST(Borrowing, WhatIsNotLentStays) {
  const auto seats = lend_seats({level(100, 100, 0), level(100, 50, 400, 200)});
  EXPECT_EQ(seats[0], 100);
  EXPECT_EQ(seats[1], 100);
}

TEST(Borrowing, ALevelThatNeedsItsSeatsKeepsThem) {
  const auto seats = lend_seats({level(100, 0, 90, 95), level(100, 50, 400, 200)});
  EXPECT_GE(seats[0], 95);
  EXPECT_EQ(seats[0] + seats[1], 200);
}

TEST(Borrowing, WhatTheExemptLevelUsesIsTakenFromOthers) {
  LevelDemand exempt = level(0, 0, 20, 20);
  exempt.exempt = true;
  const auto seats = lend_seats({exempt, level(100, 50, 100, 100), level(100, 50, 100, 100)});
  EXPECT_EQ(seats[0], 20);
  EXPECT_EQ(seats[1], 90);
  EXPECT_EQ(seats[2], 90);
  exempt.demand.peak = 1000;
  EXPECT_EQ(lend_seats({exempt, level(100, 50, 100, 100), level(100, 60, 100, 100)})[2], 60);
}

// One proportion for all who are at no bound, and everybody within the bounds.
TEST(Borrowing, DividesByOneProportion) {
  std::mt19937 random(7);
  const auto number = [&](double most) {
    return std::uniform_real_distribution<>(0, most)(random);
  };
  for (int round = 0; round < 2000; ++round) {
    std::vector<Share> shares;
    double least = 0, most = 0;
    for (int i = 0; i < 6; ++i) {
      Share share;
      share.least = number(50);
      share.most = share.least + number(100);
      share.target = share.least + number(60);
      least += share.least;
      most += share.most;
      shares.push_back(share);
    }
    const double seats = least + number(most - least);
    const auto divided = divide_fairly(seats, shares);
    EXPECT_NEAR(std::accumulate(divided.begin(), divided.end(), 0.0), seats, 1e-6);
    double p = -1;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      ASSERT_GE(divided[i], shares[i].least - 1e-9);
      ASSERT_LE(divided[i], shares[i].most + 1e-9);
      const bool free = divided[i] > shares[i].least + 1e-6 && divided[i] < shares[i].most - 1e-6;
      if (!free) continue;
      if (p >= 0) {
        ASSERT_NEAR(divided[i] / shares[i].target, p, 1e-6);
      }
      p = divided[i] / shares[i].target;
    }
  }
}

TEST(Borrowing, DemandIsMeasuredOverTime) {
  const base::Deadline start = base::Deadline() + seconds(100);
  DemandMeter meter;
  meter.set(4, start);
  meter.set(8, start + seconds(5));
  const auto reading = meter.take(start + seconds(10));
  EXPECT_DOUBLE_EQ(reading.seconds, 10);
  EXPECT_DOUBLE_EQ(reading.average, 6);
  EXPECT_DOUBLE_EQ(reading.deviation, 2);
  EXPECT_EQ(reading.peak, 8);
  const auto next = meter.take(start + seconds(20));
  EXPECT_DOUBLE_EQ(next.average, 8);
  EXPECT_DOUBLE_EQ(next.deviation, 0);
}

TEST(Borrowing, DemandIsRememberedForAWhile) {
  SeatDemand demand;
  demand.update({10, 100, 0, 100});
  EXPECT_DOUBLE_EQ(demand.smoothed, 100);
  for (int i = 0; i < 30; ++i) demand.update({10, 0, 0, 0});
  EXPECT_NEAR(demand.smoothed, 50, 1);
  demand.update({10, 70, 0, 100});
  EXPECT_DOUBLE_EQ(demand.smoothed, 70);
}

}  // namespace
}  // namespace limen::fairness
