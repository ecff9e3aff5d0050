#include "common/timestamp.h"

#include <gtest/gtest.h>

namespace limen::plugins {
namespace {

TEST(Timestamp, IsReadInItsOneForm) {
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_timestamp("2026-01-01T00:00:00Z"), 1767225600);
  EXPECT_EQ(parse_timestamp("2024-02-29T23:59:59Z"), 1709251199);
}

TEST(Timestamp, OfAnotherFormOrOfNoDayIsNone) {
  for (const char* text :
       {"", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00z", "2026-01-01T00:00:00.0Z",
        "2026-01-01 00:00:00Z", "2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "20x6-01-01T00:00:00Z",
        "2026-+1-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z"}) {
    EXPECT_FALSE(parse_timestamp(text).has_value()) << text;
  }
}

TEST(Timestamp, OfRfc3339MayHaveAFractionAndAnOffset) {
  EXPECT_EQ(parse_rfc3339("2026-01-01T00:00:00Z"), 1767225600);
  EXPECT_EQ(parse_rfc3339("2026-01-01T00:00:00.999Z"), 1767225600);
  EXPECT_EQ(parse_rfc3339("2026-01-01T02:30:00+02:30"), 1767225600);
  EXPECT_EQ(parse_rfc3339("2025-12-31T19:00:00.5-05:00"), 1767225600);
  for (const char* text :
       {"", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.5",
        "2026-01-01T00:00:00+0200", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60",
        "2026-01-01T00:00:00Zx", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00z"}) {
    EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
  }
}

TEST(Timestamp, HasADay) { EXPECT_EQ(format_day(1709251199), "2024-02-29"); }

}  // namespace
}  // namespace limen::plugins
