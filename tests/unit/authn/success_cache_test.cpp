// One call for all requests with one token (row A5).
#include "authn/success_cache.h"

#include <gtest/gtest.h>

#include <thread>

#include "authn/chain.h"
#include "support/inline_executor.h"

namespace limen::authn {
namespace {

using namespace std::chrono_literals;

// Knows tokens that begin with "good"; answers when told to.
class Slow final : public Authenticator {
 public:
  explicit Slow(base::Executor& loop) : loop_(loop) {}
  const std::string& name() const override { return name_; }
  bool by_token() const override { return true; }
  base::Task<Result> authenticate(const Credentials& credentials, request::CallScope&) override {
    ++calls;
    EXPECT_NE(credentials.head, nullptr);
    EXPECT_TRUE(credentials.head->headers.empty());  // it is given the token alone
    const bool good = credentials.bearer_token.starts_with("good");
    const std::string user(credentials.bearer_token);
    if (hold) {
      const base::OneShot<bool> released(loop_);
      waiting.push_back(released);
      co_await released;
    }
    if (throws) throw std::runtime_error("broken");
    Result result;
    result.verdict = good ? Verdict::authenticated : Verdict::no_opinion;
    if (good) result.identity.name = user;
    result.cache_for = cache_for;
    result.warnings = {"careful"};
    result.annotations = {{"example.com/a", "b"}};
    co_return result;
  }

  int calls = 0;
  bool hold = false, throws = false;
  std::chrono::nanoseconds cache_for = 10s;
  std::vector<base::OneShot<bool>> waiting;

 private:
  base::Executor& loop_;
  std::string name_ = "slow";
};

class SuccessCacheTest : public testing::Test {
 protected:
  // A request with `token`; its result comes into `out`.
  struct Request {
    Request(base::Executor& loop) : scope(loop, base::Deadline::max()) {}
    std::string token;
    std::vector<std::string> audiences;
    Credentials credentials;
    request::CallScope scope;
    bool done = false;
    Result result;
  };
  Request& ask(const std::string& token, std::vector<std::string> audiences = {}) {
    auto& request = *requests_.emplace_back(std::make_unique<Request>(loop_));
    request.token = token;
    request.credentials.bearer_token = request.token;
    request.audiences = std::move(audiences);
    request.credentials.audiences = request.audiences;
    base::spawn(run(request), [](std::exception_ptr error) { EXPECT_EQ(error, nullptr); });
    loop_.run();
    return request;
  }
  base::Task<void> run(Request& request) {
    request.result = co_await cache_.authenticate(slow_, request.credentials, request.scope);
    request.done = true;
  }
  void release() {
    for (const auto& one : std::exchange(slow_->waiting, {})) one.set(true);
    loop_.run();
  }

  test::InlineExecutor loop_;
  std::shared_ptr<Slow> slow_ = std::make_shared<Slow>(loop_);
  SuccessCache cache_{{.capacity = 3}};
  std::vector<std::unique_ptr<Request>> requests_;
};

TEST_F(SuccessCacheTest, AHundredRequestsWithOneTokenCauseOneCall) {
  slow_->hold = true;
  for (int i = 0; i < 100; ++i) ask("good");
  EXPECT_EQ(slow_->calls, 1);
  for (const auto& request : requests_) EXPECT_FALSE(request->done);
  release();
  for (const auto& request : requests_) {
    ASSERT_TRUE(request->done);
    EXPECT_EQ(request->result.identity.name, "good");
  }
  EXPECT_EQ(slow_->calls, 1);
}

TEST_F(SuccessCacheTest, ASuccessIsReusedWithItsWarningsAndAnnotations) {
  ask("good");
  const Request& again = ask("good");
  EXPECT_EQ(slow_->calls, 1);
  EXPECT_EQ(again.result.identity.name, "good");
  EXPECT_EQ(again.result.warnings, std::vector<std::string>{"careful"});
  EXPECT_EQ(again.result.annotations.size(), 1U);
}

TEST_F(SuccessCacheTest, AFailureIsNotReused) {
  ask("bad");
  EXPECT_EQ(ask("bad").result.verdict, Verdict::no_opinion);
  EXPECT_EQ(slow_->calls, 2);
  slow_->throws = true;
  EXPECT_EQ(ask("good").result.verdict, Verdict::error);
  slow_->throws = false;
  EXPECT_EQ(ask("good").result.verdict, Verdict::authenticated);
}

TEST_F(SuccessCacheTest, TokensAndAudiencesAreToldApart) {
  ask("good1");
  EXPECT_EQ(ask("good2").result.identity.name, "good2");
  ask("good1", {"a"});
  ask("good1", {"a", "b"});
  ask("good1", {"ab"});
  EXPECT_EQ(slow_->calls, 5);
}

TEST_F(SuccessCacheTest, AModuleThatDoesNotSayHowLongIsAskedEachTime) {
  slow_->cache_for = 0s;
  ask("good");
  ask("good");
  EXPECT_EQ(slow_->calls, 2);
}

TEST_F(SuccessCacheTest, NoMoreThanItsCapacityAreKeptAndTheLastUsedStay) {
  for (const char* token : {"good1", "good2", "good3"}) ask(token);
  ask("good1");
  ask("good4");
  EXPECT_EQ(cache_.size(), 3U);
  EXPECT_EQ(slow_->calls, 4);
  ask("good1");
  EXPECT_EQ(slow_->calls, 4);
  ask("good2");
  EXPECT_EQ(slow_->calls, 5);
}

TEST_F(SuccessCacheTest, ASuccessIsForgottenAfterItsTimeAndAtTheLatestAfterTheLongest) {
  SuccessCache brief({.longest = 1ms});
  request::CallScope scope(loop_, base::Deadline::max());
  Credentials credentials;
  credentials.bearer_token = "good";
  test::run_task(loop_, brief.authenticate(slow_, credentials, scope));
  std::this_thread::sleep_for(2ms);
  test::run_task(loop_, brief.authenticate(slow_, credentials, scope));
  EXPECT_EQ(slow_->calls, 2);
}

TEST_F(SuccessCacheTest, TheCallOutlivesTheRequestThatCausedIt) {
  slow_->hold = true;
  ask("good");
  const Request& other = ask("good");
  requests_.front()->token.assign("gone");  // what the call goes by is its own copy
  requests_.front()->scope.cancelled->store(true);
  release();
  EXPECT_EQ(other.result.identity.name, "good");
}

TEST_F(SuccessCacheTest, AChainAsksSuchAModuleOnlyAboutTokens) {
  const Chain chain({{slow_, false}});
  request::CallScope scope(loop_, base::Deadline::max());
  Credentials credentials;
  EXPECT_FALSE(test::run_task(loop_, chain.authenticate(credentials, scope)).authenticated);
  EXPECT_EQ(slow_->calls, 0);
  credentials.bearer_token = "good";
  EXPECT_TRUE(test::run_task(loop_, chain.authenticate(credentials, scope)).authenticated);
  EXPECT_TRUE(test::run_task(loop_, chain.authenticate(credentials, scope)).authenticated);
  EXPECT_EQ(slow_->calls, 1);
  EXPECT_EQ(scope.warnings.size(), 2U);
  EXPECT_EQ(scope.annotations.front().first, "example.com/a");
}

}  // namespace
}  // namespace limen::authn
