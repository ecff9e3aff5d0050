#include "base/go_duration.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>
#include <utility>

namespace limen::base {
namespace {

TEST(GoDuration, IsWrittenAsGoWritesIt) {
  using std::chrono::nanoseconds;
  const std::pair<std::int64_t, std::string_view> rows[] = {
      {0, "0s"},
      {1, "1ns"},
      {999, "999ns"},
      {1'500, "1.5µs"},
      {20'000'000, "20ms"},
      {999'999'999, "999.999999ms"},
      {1'000'000'000, "1s"},
      {1'050'000'000, "1.05s"},
      {62'500'000'000, "1m2.5s"},
      {3'600'000'000'000, "1h0m0s"},
      {-1'500'000'000, "-1.5s"},
  };
  for (const auto& [count, text] : rows) EXPECT_EQ(go_duration(nanoseconds(count)), text);
}

}  // namespace
}  // namespace limen::base
