#include "base/time.h"

#include <gtest/gtest.h>

namespace limen::base {
namespace {

using std::chrono::seconds;

TEST(Time, RoundTripsThroughRfc3339) {
  const auto time = parse_time("2026-11-24T02:31:48Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(format_time(*time), "2026-11-24T02:31:48Z");
  EXPECT_EQ(format_micro_time(*time), "2026-11-24T02:31:48.000000Z");
}

TEST(Time, ReadsOffsetsAndFractions) {
  const auto time = parse_time("2026-11-24T04:31:48.5+02:00");
  ASSERT_TRUE(time);
  EXPECT_EQ(format_micro_time(*time), "2026-11-24T02:31:48.500000Z");
}

TEST(Time, WhatIsTooFarAwayIsAsFarAsTimesReach) {
  EXPECT_EQ(parse_time("9999-12-31T23:59:59.9Z"), SystemTime::max());
  EXPECT_EQ(parse_time("0001-01-01T00:00:00Z"), SystemTime::min());
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026-11-24", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-24T25:00:00Z",
        "2026-11-24T02:31:48", "2026-11-24T02:31:48Zx", "2026-11-24T02:31:48.Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Duration, ReadsGoDurations) {
  EXPECT_EQ(parse_duration("300ms"), std::chrono::milliseconds(300));
  EXPECT_EQ(parse_duration("1.5h"), std::chrono::minutes(90));
  EXPECT_EQ(parse_duration("2m30s"), seconds(150));
  EXPECT_EQ(parse_duration("-5s"), seconds(-5));
  EXPECT_EQ(parse_duration("0"), seconds(0));
  for (const char* text : {"", "5", "s", "1.2.3s", "5x", "-"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(HumanDuration, ReadsAsKubectlShowsAges) {
  EXPECT_EQ(human_duration(seconds(0)), "0s");
  EXPECT_EQ(human_duration(seconds(119)), "119s");
  EXPECT_EQ(human_duration(seconds(120)), "2m");
  EXPECT_EQ(human_duration(seconds(192)), "3m12s");
  EXPECT_EQ(human_duration(seconds(3600)), "60m");
  EXPECT_EQ(human_duration(seconds(4 * 3600)), "4h");
  EXPECT_EQ(human_duration(seconds(2 * 86400)), "2d");
  EXPECT_EQ(human_duration(seconds(400L * 86400)), "400d");
  EXPECT_EQ(human_duration(seconds(800L * 86400)), "2y70d");
}

}  // namespace
}  // namespace limen::base
