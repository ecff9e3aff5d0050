#include "request/live_requests.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "support/inline_executor.h"

namespace limen::request {
namespace {

class Live : public testing::Test {
 protected:
  LiveRequests::Registration add(const std::string& user) {
    const auto may_go_on = [this, user] { return ask(user); };
    return live_.add(
        loop_, {std::make_shared<const Credential>(Credential{.user = user}), may_go_on, rights_},
        [this, user](const base::ApiError& why) {
          ended_.push_back(user + " " + std::to_string(why.code()));
        });
  }
  base::Task<std::optional<base::ApiError>> ask(std::string user) {
    asked_.push_back(user);
    if (waits_) {
      ++waiting_;
      const base::OneShot<bool> answer(loop_);
      answers_.push_back(answer);
      co_await answer;
    }
    if (fails_) throw std::runtime_error("nobody answers");
    if (!refused_.contains(user)) co_return std::nullopt;
    co_return base::ApiError::forbidden("", "pods", "", "no more");
  }
  static LiveRequests::Judge against(const std::string& user) {
    return [user](const Credential& credential) -> std::optional<base::ApiError> {
      if (credential.user != user) return std::nullopt;
      return base::ApiError::unauthorized();
    };
  }

  test::InlineExecutor loop_;
  LiveRequests live_;
  std::vector<std::string> ended_;
  std::uint64_t rights_ = 0;  // that requests were authorized by
  std::set<std::string> refused_;
  std::vector<std::string> asked_;
  bool waits_ = false, fails_ = false;
  int waiting_ = 0;
  std::vector<base::OneShot<bool>> answers_;
};

TEST_F(Live, ThoseThatMustEndAreToldOnTheirLoopOnce) {
  const auto bob = add("bob");
  const auto eve = add("eve");
  EXPECT_EQ(live_.end_if(against("bob")), 1U);
  EXPECT_TRUE(ended_.empty());
  loop_.run();
  EXPECT_EQ(ended_, std::vector<std::string>{"bob 401"});
  EXPECT_EQ(live_.end_if(against("bob")), 0U);
}

TEST_F(Live, OneThatComesAfterTheChangeIsAskedToo) {
  live_.end_if(against("bob"));
  const auto bob = add("bob");
  loop_.run();
  EXPECT_EQ(ended_, std::vector<std::string>{"bob 401"});
}

TEST_F(Live, OneThatIsOverIsForgotten) {
  {
    auto first = add("bob");
    const LiveRequests::Registration moved = std::move(first);
    EXPECT_EQ(live_.size(), 1U);
  }
  EXPECT_EQ(live_.size(), 0U);
  EXPECT_EQ(live_.end_if(against("bob")), 0U);
}

TEST_F(Live, ThoseWhoMayNotGoOnEndOnce) {
  const auto bob = add("bob");
  const auto eve = add("eve");
  refused_ = {"bob"};
  live_.ask_again();
  EXPECT_TRUE(asked_.empty()) << "they are asked on their loop";
  loop_.run();
  EXPECT_EQ(asked_.size(), 2U);
  EXPECT_EQ(ended_, std::vector<std::string>{"bob 403"});
  live_.ask_again();
  loop_.run();
  EXPECT_EQ(asked_.size(), 3U) << "bob has been told";
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(Live, OneThatWasAuthorizedBeforeTheChangeIsAskedWhenItComes) {
  EXPECT_EQ(live_.rights(), 0U);
  live_.ask_again();
  EXPECT_EQ(live_.rights(), 1U);
  refused_ = {"bob"};
  const auto bob = add("bob");
  rights_ = 1;
  const auto eve = add("eve");
  loop_.run();
  EXPECT_EQ(asked_, std::vector<std::string>{"bob"});
  EXPECT_EQ(ended_, std::vector<std::string>{"bob 403"});
}

TEST_F(Live, OneThatCannotBeAskedAboutEnds) {
  const auto bob = add("bob");
  fails_ = true;
  live_.ask_again();
  loop_.run();
  EXPECT_EQ(ended_, std::vector<std::string>{"bob 500"});
}

TEST_F(Live, AFewAreAskedAtATimeAndAllInTheEnd) {
  std::vector<LiveRequests::Registration> all;
  for (int i = 0; i < 100; ++i) all.push_back(add("u" + std::to_string(i)));
  refused_ = {"u0", "u99"};
  waits_ = true;
  live_.ask_again();
  loop_.run();
  EXPECT_EQ(waiting_, LiveRequests::kAskedAtOnce);
  while (!answers_.empty()) {
    for (const auto& answer : std::exchange(answers_, {})) answer.set(true);
    loop_.run();
  }
  EXPECT_EQ(asked_.size(), 100U);
  EXPECT_EQ(ended_.size(), 2U);
}

TEST_F(Live, OneThatEndsWhileItIsAskedAboutIsNotTold) {
  auto bob = std::make_unique<LiveRequests::Registration>(add("bob"));
  refused_ = {"bob"};
  waits_ = true;
  live_.ask_again();
  loop_.run();
  bob.reset();
  answers_.front().set(true);
  loop_.run();
  EXPECT_TRUE(ended_.empty());
}

}  // namespace
}  // namespace limen::request
