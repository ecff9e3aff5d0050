#include "observability/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>

#include "observability/retired_series.h"

namespace limen::metrics {
namespace {

// The lines of render() that speak of one family.
std::string rendered(const std::string& family) {
  std::string out;
  const std::string all = render();
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at);
    const std::string line = all.substr(at, end - at + 1);
    if (line.starts_with(family) || line.starts_with("# HELP " + family + " ") ||
        line.starts_with("# TYPE " + family + " ")) {
      out += line;
    }
    at = end + 1;
  }
  return out;
}

TEST(MetricsTest, RendersACounterWithHelpAndType) {
  counter("test_plain_total", "Things that happened.").with({}).add(3);
  EXPECT_EQ(rendered("test_plain_total"),
            "# HELP test_plain_total Things that happened.\n"
            "# TYPE test_plain_total counter\n"
            "test_plain_total 3\n");
}

TEST(MetricsTest, ShowsACounterWithoutLabelsAsZeroBeforeItsFirstEvent) {
  counter("test_zero_total", "Nothing yet.");
  EXPECT_NE(rendered("test_zero_total").find("\ntest_zero_total 0\n"), std::string::npos);
}

TEST(MetricsTest, RendersSeriesInTheOrderOfTheirLabelValues) {
  auto& family = counter("test_order_total", "h", {"verb", "code"});
  family.with({"list", "200"}).add();
  family.with({"get", "404"}).add();
  family.with({"get", "200"}).add(2);
  EXPECT_EQ(rendered("test_order_total"),
            "# HELP test_order_total h\n# TYPE test_order_total counter\n"
            "test_order_total{verb=\"get\",code=\"200\"} 2\n"
            "test_order_total{verb=\"get\",code=\"404\"} 1\n"
            "test_order_total{verb=\"list\",code=\"200\"} 1\n");
}

TEST(MetricsTest, SeriesOfWhatIsNoMoreAreShownWhenItComesAgain) {
  auto& family = counter("test_retired_total", "h", {"level", "reason"});
  Counter& gone = family.with({"gone", "full"});
  family.with({"gone", "late"}).add(1);
  family.with({"stays", "full"}).add(2);
  gauge("test_retired_seats", "h", {"reason"}).with({"gone"}).set(1);
  retire_series("test_retired", "level", "gone");
  gone.add(3);
  EXPECT_EQ(rendered("test_retired_total"),
            "# HELP test_retired_total h\n# TYPE test_retired_total counter\n"
            "test_retired_total{level=\"stays\",reason=\"full\"} 2\n");
  EXPECT_NE(rendered("test_retired_seats").find("gone"), std::string::npos) << "another label";
  EXPECT_EQ(&family.with({"gone", "full"}), &gone);
  EXPECT_NE(rendered("test_retired_total").find("{level=\"gone\",reason=\"full\"} 3\n"),
            std::string::npos);
  EXPECT_EQ(rendered("test_retired_total").find("late"), std::string::npos);
}

TEST(MetricsTest, EscapesLabelValuesAndHelp) {
  gauge("test_escape", "back\\slash\nnew \"line\"", {"v"}).with({"a\"b\\c\nd"}).set(1);
  EXPECT_EQ(rendered("test_escape"),
            "# HELP test_escape back\\\\slash\\nnew \"line\"\n# TYPE test_escape gauge\n"
            "test_escape{v=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(MetricsTest, WritesGaugesAsShortestNumbersAndNamedSpecials) {
  auto& family = gauge("test_numbers", "h", {"n"});
  family.with({"a"}).set(0.1);
  family.with({"b"}).set(std::numeric_limits<double>::infinity());
  family.with({"c"}).set(std::numeric_limits<double>::quiet_NaN());
  family.with({"d"}).add(-2.5);
  const std::string text = rendered("test_numbers");
  EXPECT_NE(text.find("{n=\"a\"} 0.1\n"), std::string::npos);
  EXPECT_NE(text.find("{n=\"b\"} +Inf\n"), std::string::npos);
  EXPECT_NE(text.find("{n=\"c\"} NaN\n"), std::string::npos);
  EXPECT_NE(text.find("{n=\"d\"} -2.5\n"), std::string::npos);
}

TEST(MetricsTest, RendersHistogramsWithCumulativeBuckets) {
  auto& series = histogram("test_seconds", "h", {"verb"}, {0.5, 1}).with({"get"});
  series.observe(0.25);
  series.observe(0.5);  // a bound belongs to its own bucket
  series.observe(0.75);
  series.observe(5);
  EXPECT_EQ(rendered("test_seconds"),
            "# HELP test_seconds h\n# TYPE test_seconds histogram\n"
            "test_seconds_bucket{verb=\"get\",le=\"0.5\"} 2\n"
            "test_seconds_bucket{verb=\"get\",le=\"1\"} 3\n"
            "test_seconds_bucket{verb=\"get\",le=\"+Inf\"} 4\n"
            "test_seconds_sum{verb=\"get\"} 6.5\n"
            "test_seconds_count{verb=\"get\"} 4\n");
  EXPECT_EQ(series.count(), 4U);
}

TEST(MetricsTest, HistogramsHaveBucketsFromFiveMicrosecondsToAMinute) {
  const auto& bounds = histogram("test_default_seconds", "h").with({}).bounds();
  EXPECT_DOUBLE_EQ(bounds.front(), 0.000005);
  EXPECT_DOUBLE_EQ(bounds.back(), 60);
  EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end()));
}

TEST(MetricsTest, GivesTheSameSeriesForTheSameName) {
  Counter& first = counter("test_same_total", "h", {"a"}).with({"x"});
  Counter& second = counter("test_same_total", "h", {"a"}).with({"x"});
  EXPECT_EQ(&first, &second);
}

TEST(MetricsTest, CountsUnderOtherOnceAFamilyIsFull) {
  auto& family = counter("test_bounded_total", "h", {"v"});
  for (std::size_t i = 0; i < kMaxSeries - 1; ++i) family.with({std::to_string(i)}).add();
  Counter& last_own = family.with({std::to_string(kMaxSeries - 2)});
  EXPECT_EQ(last_own.value(), 1U);
  Counter& first_over = family.with({"one too many"});
  Counter& second_over = family.with({"and another"});
  EXPECT_EQ(&first_over, &second_over);
  EXPECT_EQ(&first_over, &family.with({"other"}));
  EXPECT_EQ(&last_own, &family.with({std::to_string(kMaxSeries - 2)}));
  const std::string text = rendered("test_bounded_total{");
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), kMaxSeries);
}

TEST(MetricsTest, PadsOrCutsLabelValuesOfTheWrongNumber) {
  auto& family = counter("test_arity_total", "h", {"a", "b"});
  EXPECT_EQ(&family.with({"x"}), &family.with({"x", ""}));
  EXPECT_EQ(&family.with({"x", "y", "z"}), &family.with({"x", "y"}));
}

TEST(MetricsTest, RefusesANameOfAnotherTypeOrWithOtherLabels) {
  counter("test_taken_total", "h", {"a"});
  EXPECT_THROW(gauge("test_taken_total", "h", {"a"}), std::invalid_argument);
  EXPECT_THROW(counter("test_taken_total", "h", {"b"}), std::invalid_argument);
}

TEST(MetricsTest, RefusesWhatIsNoName) {
  EXPECT_THROW(counter("", "h"), std::invalid_argument);
  EXPECT_THROW(counter("1st", "h"), std::invalid_argument);
  EXPECT_THROW(counter("a b", "h"), std::invalid_argument);
  EXPECT_THROW(counter("test_label_total", "h", {"a:b"}), std::invalid_argument);
  EXPECT_THROW(counter("test_label_total", "h", {"le"}), std::invalid_argument);
  EXPECT_THROW(counter("test_label_total", "h", {"__name__"}), std::invalid_argument);
}

TEST(MetricsTest, RunsCollectorsBeforeEachRendering) {
  static int runs = 0;
  before_render([] { gauge("test_collected", "h").with({}).set(++runs); });
  EXPECT_NE(rendered("test_collected").find("test_collected 1\n"), std::string::npos);
  EXPECT_NE(rendered("test_collected").find("test_collected 2\n"), std::string::npos);
}

TEST(MetricsTest, ProcessMetricsShowMemoryAndOpenFiles) {
  register_process_metrics();
  render();
  EXPECT_GT(gauge("process_resident_memory_bytes", "").with({}).value(), 100000.0);
  EXPECT_GT(gauge("process_open_fds", "").with({}).value(), 2.0);
}

TEST(MetricsTest, LosesNothingWhenThreadsCountTogether) {
  auto& family = counter("test_threads_total", "h", {"v"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&family] {
      for (int i = 0; i < 1000; ++i) family.with({std::to_string(i % 7)}).add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::uint64_t total = 0;
  for (int i = 0; i < 7; ++i) total += family.with({std::to_string(i)}).value();
  EXPECT_EQ(total, 4000U);
}

}  // namespace
}  // namespace limen::metrics
