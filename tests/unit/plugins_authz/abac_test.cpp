#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "limen/testkit/instance.hpp"

namespace limen::testkit {
namespace {

Module& module() {
  static Module loaded(LIMEN_BINARY_DIR "/lib/limen/modules/abac.so");
  return loaded;
}

class AbacTest : public testing::Test {
 protected:
  void SetUp() override {
    file_ = testing::TempDir() + "abac-" +
            testing::UnitTest::GetInstance()->current_test_info()->name() + ".jsonl";
  }
  void TearDown() override { std::filesystem::remove(file_); }
  Instance instance(const std::string& policies) {
    std::ofstream(file_) << policies;
    return Instance(module(), {.config = {{"path", file_}}});
  }
  std::string refusal(const std::string& policies) {
    try {
      instance(policies);
    } catch (const StartError& error) {
      return error.what();
    }
    return "started";
  }
  static Action on(std::string user, std::string verb, std::string ns, std::string resource,
                   std::string group = "") {
    Action action;
    action.user.name = std::move(user);
    action.user.groups = {"system:authenticated"};
    action.verb = std::move(verb);
    action.ns = std::move(ns);
    action.resource = std::move(resource);
    action.api_group = std::move(group);
    return action;
  }
  static Action path(std::string user, std::string verb, std::string path) {
    Action action;
    action.user.name = std::move(user);
    action.user.groups = {"system:authenticated"};
    action.verb = std::move(verb);
    action.path = std::move(path);
    return action;
  }
  std::string file_;
};

constexpr const char* kBob =
    R"({"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy",)"
    R"("spec":{"user":"bob","namespace":"projectCaribou","resource":"pods","readonly":true}})"
    "\n";

TEST_F(AbacTest, BobMayReadPodsInHisProjectAndNothingElse) {
  Instance abac = instance(kBob);
  EXPECT_EQ(abac.authorize(on("bob", "get", "projectCaribou", "pods")).verdict, LIMEN_ALLOW);
  EXPECT_EQ(abac.authorize(on("bob", "watch", "projectCaribou", "pods")).verdict, LIMEN_ALLOW);
  for (const Action& action :
       {on("bob", "create", "projectCaribou", "pods"), on("bob", "get", "projectFish", "pods"),
        on("alice", "get", "projectCaribou", "pods"), on("bob", "get", "projectCaribou", "secrets"),
        on("bob", "get", "projectCaribou", "pods", "apps"), on("bob", "list", "", "pods")}) {
    const Reply reply = abac.authorize(action);
    EXPECT_EQ(reply.verdict, LIMEN_VERDICT_NO_OPINION);
    EXPECT_EQ(reply.reason, "No policy matched.");
  }
}

TEST_F(AbacTest, TheRuleNamesFileAndLine) {
  Instance abac = instance(std::string("# comment\n\n") + kBob);
  EXPECT_EQ(abac.authorize(on("bob", "get", "projectCaribou", "pods")).rule, file_ + ":3");
}

TEST_F(AbacTest, AnExplanationTellsWhichPoliciesLackOneThing) {
  const auto policy = [](const std::string& spec) {
    return R"({"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{)" +
           spec + "}}\n";
  };
  Instance abac = instance(
      kBob + policy(R"("user":"bob","namespace":"x","resource":"pods")") +
      policy(R"("user":"bob","group":"ops","namespace":"*","resource":"pods")") +
      policy(
          R"("user":"bob","namespace":"projectCaribou","resource":"pods","apiGroup":"metrics")") +
      policy(R"("user":"eve","namespace":"projectCaribou","resource":"pods")") +
      policy(R"("user":"bob","namespace":"projectCaribou","resource":"secrets")") +
      policy(R"("user":"bob","nonResourcePath":"/logs/*","readonly":true)"));
  Action action = on("bob", "delete", "projectCaribou", "pods");
  EXPECT_TRUE(abac.authorize(action).causes.empty());
  action.explain = true;
  const Reply reply = abac.authorize(action);
  EXPECT_EQ(reply.verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(reply.causes,
            (Pairs{{"near-miss", file_ + ":1 is read-only"},
                   {"near-miss", file_ + ":2 is for the namespace \"x\" only"},
                   {"near-miss", file_ + ":3 is for members of the group \"ops\" only"},
                   {"near-miss", file_ + ":4 is for the API group \"metrics\" only"}}));
  Action post = path("bob", "post", "/logs/x");
  post.explain = true;
  EXPECT_EQ(abac.authorize(post).causes, (Pairs{{"near-miss", file_ + ":7 is read-only"}}));
}

TEST_F(AbacTest, NearMissesAreFew) {
  std::string policies;
  for (int i = 0; i < 30; ++i) policies += kBob;
  Instance abac = instance(policies);
  Action action = on("bob", "delete", "projectCaribou", "pods");
  action.explain = true;
  EXPECT_EQ(abac.authorize(action).causes.size(), 11U);
}

TEST_F(AbacTest, SubresourcesAreNotToldApart) {
  Instance abac = instance(kBob);
  Action action = on("bob", "get", "projectCaribou", "pods");
  action.subresource = "log";
  EXPECT_EQ(abac.authorize(action).verdict, LIMEN_ALLOW);
}

TEST_F(AbacTest, UserAndGroupMustBothMatch) {
  Instance abac = instance(
      R"({"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"bob","group":"ops","namespace":"*","resource":"*","apiGroup":"*"}})");
  Action action = on("bob", "delete", "x", "pods");
  EXPECT_EQ(abac.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
  action.user.groups.push_back("ops");
  EXPECT_EQ(abac.authorize(action).verdict, LIMEN_ALLOW);
}

TEST_F(AbacTest, NeitherUserNorGroupMatchesNobodyInTheNewFormAndEverybodyInTheOld) {
  Instance modern = instance(
      R"({"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"namespace":"*","resource":"*","apiGroup":"*"}})");
  EXPECT_EQ(modern.authorize(on("bob", "get", "x", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
  Instance old = instance(R"({"readonly":true})");
  EXPECT_EQ(old.authorize(on("bob", "get", "x", "pods", "apps")).verdict, LIMEN_ALLOW);
  EXPECT_EQ(old.authorize(path("bob", "get", "/metrics")).verdict, LIMEN_ALLOW);
  EXPECT_EQ(old.authorize(on("bob", "create", "x", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST_F(AbacTest, AStarIsEverybodyWhoIsAuthenticated) {
  Instance abac = instance(
      R"({"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"*","namespace":"x","resource":"pods"}})");
  EXPECT_EQ(abac.authorize(on("anybody", "get", "x", "pods")).verdict, LIMEN_ALLOW);
  Action stranger = on("system:anonymous", "get", "x", "pods");
  stranger.user.groups = {"system:unauthenticated"};
  EXPECT_EQ(abac.authorize(stranger).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST_F(AbacTest, PathsMatchExactlyByPrefixOrAll) {
  Instance abac = instance(
      R"({"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"bob","readonly":true,"nonResourcePath":"/api*"}})");
  EXPECT_EQ(abac.authorize(path("bob", "get", "/apis/apps")).verdict, LIMEN_ALLOW);
  EXPECT_EQ(abac.authorize(path("bob", "post", "/apis/apps")).verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(abac.authorize(path("bob", "get", "/metrics")).verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(abac.authorize(on("bob", "get", "", "nodes")).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST_F(AbacTest, RulesAreListedForTheNamespace) {
  Instance abac = instance(kBob);
  const Reply reply = abac.rules_for({.name = "bob"}, "projectCaribou");
  ASSERT_EQ(reply.rules.size(), 1U);
  EXPECT_EQ(reply.rules[0].verbs, (std::vector<std::string>{"get", "list", "watch"}));
  EXPECT_EQ(reply.rules[0].resources, std::vector<std::string>{"pods"});
  EXPECT_TRUE(abac.rules_for({.name = "bob"}, "projectFish").rules.empty());
}

TEST_F(AbacTest, ABadLineNamesFileAndLine) {
  const std::string at = "error reading policy file " + file_ + ", line 2: ";
  EXPECT_EQ(refusal(std::string(kBob) + "{\"user\": \n"),
            at + "not a JSON object: incomplete JSON");
  EXPECT_EQ(refusal(std::string(kBob) + "[]\n"), at + "not a JSON object");
  EXPECT_EQ(refusal(std::string(kBob) + R"({"user":"x","readOnly":true})"),
            at + "unknown key \"readOnly\"");
  EXPECT_EQ(refusal(std::string(kBob) + R"({"user":"x","readonly":"yes"})"),
            at + "\"readonly\" must be true or false");
  EXPECT_EQ(refusal(std::string(kBob) + R"({"apiVersion":"v2","kind":"Policy","spec":{}})"),
            at + "no kind \"Policy\" is registered for version \"v2\"; write kind Policy of "
                 "abac.authorization.kubernetes.io/v1beta1");
}

TEST_F(AbacTest, AChangedFileIsInForceWithinASecond) {
  Instance abac = instance(kBob);
  const Action get = on("eve", "get", "projectCaribou", "pods");
  EXPECT_EQ(abac.authorize(get).verdict, LIMEN_VERDICT_NO_OPINION);
  std::ofstream(file_) << R"({"user":"eve"})"
                       << "\n";
  abac.host().advance(std::chrono::seconds(1));
  EXPECT_EQ(abac.authorize(get).verdict, LIMEN_ALLOW);
  EXPECT_EQ(abac.authorize(on("bob", "get", "projectCaribou", "pods")).verdict,
            LIMEN_VERDICT_NO_OPINION);
}

TEST_F(AbacTest, ABrokenFileKeepsTheLastGoodOneAndSaysWhere) {
  Instance abac = instance(kBob);
  std::ofstream(file_) << "# broken\n{\"user\":\n";
  abac.host().advance(std::chrono::seconds(1));
  EXPECT_EQ(abac.authorize(on("bob", "get", "projectCaribou", "pods")).verdict, LIMEN_ALLOW);
  EXPECT_NE(abac.host().log_text().find(file_ + ", line 2: "), std::string::npos);
  EXPECT_EQ(abac.host().metric("reloads_total{policies,failure}"), 1);
}

TEST_F(AbacTest, AMissingFileIsNamed) {
  try {
    Instance(module(), {.config = {{"path", "/nowhere/policy.jsonl"}}});
    FAIL() << "it started";
  } catch (const StartError& error) {
    EXPECT_STREQ(error.what(),
                 "error reading policy file /nowhere/policy.jsonl: No such file or directory");
  }
}

TEST_F(AbacTest, AConfigIsJudgedWithoutStarting) {
  const auto findings = module().check({{"path", "/nowhere/policy.jsonl"}});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].pointer, "/path");
}

}  // namespace
}  // namespace limen::testkit
