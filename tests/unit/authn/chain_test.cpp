#include "authn/chain.h"

#include <gtest/gtest.h>

#include "support/inline_executor.h"

namespace limen::authn {
namespace {

class Fixed final : public Authenticator {
 public:
  Fixed(std::string name, Result result) : name_(std::move(name)), result_(std::move(result)) {}
  const std::string& name() const override { return name_; }
  base::Task<Result> authenticate(const Credentials& credentials, request::CallScope&) override {
    ++calls;
    wanted.assign(credentials.audiences.begin(), credentials.audiences.end());
    co_return result_;
  }
  int calls = 0;
  std::vector<std::string> wanted;  // audiences, of the last call

 private:
  std::string name_;
  Result result_;
};

Result says(Verdict verdict, std::string user = {}) {
  Result result;
  result.verdict = verdict;
  result.identity.name = std::move(user);
  if (verdict == Verdict::error) result.error = "bad credential";
  return result;
}

class AuthnChain : public testing::Test {
 protected:
  std::shared_ptr<Fixed> add(std::string name, Result result, bool anonymous = false) {
    auto one = std::make_shared<Fixed>(std::move(name), std::move(result));
    entries_.push_back({one, anonymous});
    return one;
  }
  void want(std::vector<std::string> audiences) {
    audiences_ = std::move(audiences);
    credentials_.audiences = audiences_;
  }
  Outcome ask(ChainOptions options = {}) {
    const Chain chain(entries_, std::move(options));
    request::CallScope scope(loop_, base::Deadline::max());
    Outcome outcome = test::run_task(loop_, chain.authenticate(credentials_, scope));
    warnings_ = scope.warnings;
    annotations_ = scope.annotations;
    return outcome;
  }
  test::InlineExecutor loop_;
  std::vector<Entry> entries_;
  Credentials credentials_;
  std::vector<std::string> audiences_;
  std::vector<std::string> warnings_;  // of the last ask()
  std::vector<std::pair<std::string, std::string>> annotations_;
};

TEST_F(AuthnChain, TheFirstSuccessWinsAndNobodyAfterItIsAsked) {
  add("one", says(Verdict::no_opinion));
  add("two", says(Verdict::authenticated, "bob"));
  const auto third = add("three", says(Verdict::authenticated, "eve"));
  const Outcome outcome = ask();
  EXPECT_TRUE(outcome.authenticated);
  EXPECT_EQ(outcome.identity.name, "bob");
  EXPECT_EQ(outcome.by, "two");
  EXPECT_EQ(third->calls, 0);
}

TEST_F(AuthnChain, AnErrorDoesNotStopTheChain) {
  add("one", says(Verdict::error));
  add("two", says(Verdict::authenticated, "bob"));
  EXPECT_TRUE(ask().authenticated);
}

TEST_F(AuthnChain, TheAuthenticatedGroupIsAddedOnce) {
  Result result = says(Verdict::authenticated, "bob");
  result.identity.groups = {"system:authenticated"};
  add("one", result);
  EXPECT_EQ(ask().identity.groups, std::vector<std::string>{"system:authenticated"});
}

TEST_F(AuthnChain, NobodyWithoutACredentialIsAnonymousAndAskedLast) {
  const auto anonymous = add("anonymous", says(Verdict::authenticated, "system:anonymous"), true);
  add("tokens", says(Verdict::no_opinion));
  const Outcome outcome = ask();
  EXPECT_TRUE(outcome.authenticated);
  EXPECT_EQ(outcome.identity.name, "system:anonymous");
  EXPECT_TRUE(outcome.identity.groups.empty());
  EXPECT_EQ(anonymous->calls, 1);
}

TEST_F(AuthnChain, APresentedCredentialThatFailsIsNeverAnonymous) {
  const auto anonymous = add("anonymous", says(Verdict::authenticated, "system:anonymous"), true);
  add("tokens", says(Verdict::no_opinion));
  credentials_.bearer_token = "wrong";
  EXPECT_FALSE(ask().authenticated);
  EXPECT_EQ(anonymous->calls, 0);
}

TEST_F(AuthnChain, AnErrorIsNeverTurnedIntoAnonymous) {
  add("x509", says(Verdict::error));
  add("anonymous", says(Verdict::authenticated, "system:anonymous"), true);
  EXPECT_FALSE(ask().authenticated);
}

TEST_F(AuthnChain, SuccessWithoutANameIsNoSuccess) {
  add("broken", says(Verdict::authenticated, ""));
  EXPECT_FALSE(ask().authenticated);
}

TEST_F(AuthnChain, ATokenForOtherAudiencesIsRefused) {
  Result result = says(Verdict::authenticated, "bob");
  result.audiences = {"vault"};
  add("tokens", result);
  want({"api"});
  EXPECT_FALSE(ask().authenticated);
  want({"api", "vault"});
  EXPECT_TRUE(ask().authenticated);
}

TEST_F(AuthnChain, OnlyWhoSucceedsWarnsTheClientAndEverybodyAnnotates) {
  Result failed = says(Verdict::error);
  failed.warnings = {"never told"};
  failed.annotations = {{"a", "1"}};
  add("one", failed);
  Result good = says(Verdict::authenticated, "bob");
  good.warnings = {"old token"};
  good.annotations = {{"b", "2"}};
  add("two", good);
  EXPECT_TRUE(ask().authenticated);
  EXPECT_EQ(warnings_, std::vector<std::string>{"old token"});
  EXPECT_EQ(annotations_,
            (std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "2"}}));
}

TEST_F(AuthnChain, AnEmptyChainAuthenticatesNobody) { EXPECT_FALSE(ask().authenticated); }

TEST_F(AuthnChain, ACredentialWithoutAudiencesIsGoodForTheApisOwn) {
  add("files", says(Verdict::authenticated, "bob"));
  credentials_.bearer_token = "t";
  want({"vault"});
  const Outcome refused = ask();
  EXPECT_FALSE(refused.authenticated);
  EXPECT_EQ(refused.errors,
            std::vector<std::string>{"files: the credential is for other audiences"});
  want({"vault", std::string(kDefaultAudience)});
  EXPECT_EQ(ask().audiences, std::vector<std::string>{std::string(kDefaultAudience)});
}

TEST_F(AuthnChain, TheConfiguredAudiencesAreWantedOfEveryCredential) {
  Result result = says(Verdict::authenticated, "bob");
  result.audiences = {"vault"};
  const auto module = add("tokens", result);
  credentials_.bearer_token = "t";
  EXPECT_TRUE(ask({.api_audiences = {"api"}}).authenticated) << "the module knows better";
  EXPECT_EQ(module->wanted, std::vector<std::string>());
  EXPECT_FALSE(ask({.api_audiences = {"api"}, .asks_for_audiences = true}).authenticated);
  EXPECT_EQ(module->wanted, std::vector<std::string>{"api"});
  EXPECT_TRUE(ask({.api_audiences = {"api", "vault"}, .asks_for_audiences = true}).authenticated);
}

TEST_F(AuthnChain, OnlyWantedAudiencesAreAnswered) {
  Result result = says(Verdict::authenticated, "bob");
  result.audiences = {"a", "b"};
  add("tokens", result);
  credentials_.bearer_token = "t";
  want({"b", "c"});
  EXPECT_EQ(ask().audiences, std::vector<std::string>{"b"});
  want({"c"});
  EXPECT_FALSE(ask().authenticated);
}

}  // namespace
}  // namespace limen::authn
