#include "request/live_requests.h"

#include <gtest/gtest.h>

#include "support/inline_executor.h"

namespace limen::request {
namespace {

class Live : public testing::Test {
 protected:
  LiveRequests::Registration add(const std::string& user) {
    return live_.add(loop_, std::make_shared<const Credential>(Credential{.user = user}),
                     [this, user](const base::ApiError& why) {
                       ended_.push_back(user + " " + std::to_string(why.code()));
                     });
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

}  // namespace
}  // namespace limen::request
