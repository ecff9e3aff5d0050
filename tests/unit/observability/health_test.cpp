#include "observability/health.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace limen::health {
namespace {

class HealthTest : public testing::Test {
 protected:
  void SetUp() override {
    health_.add("storage", kEverywhere, [this] { return storage_; });
    health_.add("shutdown", kReadyz, [] { return std::string(); });
  }

  Answer answer(std::string_view path, std::string_view query = {}) {
    const auto result = health_.answer(path, query);
    EXPECT_TRUE(result.has_value()) << path;
    return result.value_or(Answer{0, ""});
  }

  Health health_;
  std::string storage_;
};

TEST_F(HealthTest, AnswersOkWhenAllChecksPass) {
  for (const char* path : {"/healthz", "/livez", "/readyz"}) {
    EXPECT_EQ(answer(path).status, 200);
    EXPECT_EQ(answer(path).body, "ok");
  }
}

TEST_F(HealthTest, ListsEachCheckWhenVerbose) {
  EXPECT_EQ(answer("/healthz", "verbose").body,
            "[+]ping ok\n[+]storage ok\nhealthz check passed\n");
  EXPECT_EQ(answer("/readyz", "verbose=").body,
            "[+]ping ok\n[+]storage ok\n[+]shutdown ok\nreadyz check passed\n");
}

TEST_F(HealthTest, FailsWithTheListAndWithoutTheReason) {
  storage_ = "disk /dev/sda is full";
  testing::internal::CaptureStderr();
  const Answer failed = answer("/livez");
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body, "[+]ping ok\n[-]storage failed: reason withheld\nlivez check failed\n");
  EXPECT_NE(logged.find("disk /dev/sda is full"), std::string::npos);
}

TEST_F(HealthTest, LeavesOutExcludedChecks) {
  storage_ = "down";
  const Answer excluded = answer("/readyz", "verbose&exclude=storage");
  EXPECT_EQ(excluded.status, 200);
  EXPECT_EQ(excluded.body,
            "[+]ping ok\n[+]storage excluded: ok\n[+]shutdown ok\nreadyz check passed\n");
}

TEST_F(HealthTest, WarnsOfExclusionsThatMatchNothing) {
  EXPECT_EQ(answer("/livez", "verbose&exclude=zeta&exclude=al%20pha").body,
            "[+]ping ok\n[+]storage ok\n"
            "warn: some health checks cannot be excluded: no matches for \"al pha\",\"zeta\"\n"
            "livez check passed\n");
}

TEST_F(HealthTest, AnswersASingleCheckAndTellsItsReason) {
  EXPECT_EQ(answer("/readyz/ping").body, "ok");
  storage_ = "down";
  EXPECT_EQ(answer("/readyz/storage").status, 500);
  EXPECT_EQ(answer("/readyz/storage").body, "internal server error: down\n");
}

TEST_F(HealthTest, KnowsOnlyTheChecksOfTheProbe) {
  EXPECT_FALSE(health_.answer("/livez/shutdown", "").has_value());
  EXPECT_TRUE(health_.answer("/readyz/shutdown", "").has_value());
  EXPECT_FALSE(health_.answer("/readyz/nothing", "").has_value());
  EXPECT_FALSE(health_.answer("/readyz/", "").has_value());
  EXPECT_FALSE(health_.answer("/metrics", "").has_value());
  EXPECT_FALSE(health_.answer("", "").has_value());
}

TEST_F(HealthTest, CountsACheckThatThrowsAsFailed) {
  health_.add("thrower", kLivez, []() -> std::string { throw std::runtime_error("broken"); });
  testing::internal::CaptureStderr();
  EXPECT_EQ(answer("/livez").status, 500);
  testing::internal::GetCapturedStderr();
}

TEST_F(HealthTest, ReplacesACheckOfTheSameName) {
  health_.add("storage", kHealthz, [] { return std::string(); });
  EXPECT_EQ(answer("/livez", "verbose").body, "[+]ping ok\nlivez check passed\n");
}

TEST_F(HealthTest, AProbeThatIsSparedShowsTheCheckAsWell) {
  storage_ = "down";
  health_.add(
      "storage", kEverywhere, [this] { return storage_; }, kLivez);
  EXPECT_EQ(answer("/livez", "verbose").body, "[+]ping ok\n[+]storage ok\nlivez check passed\n");
  EXPECT_EQ(answer("/livez/storage").body, "ok");
  EXPECT_EQ(answer("/healthz/storage").status, 500);
  EXPECT_EQ(answer("/readyz/storage").status, 500);
}

}  // namespace
}  // namespace limen::health
