// Both plugins of the built module, each on a fake host of its own.

#include <gtest/gtest.h>

#include <fstream>
#include <limen/testkit/instance.hpp>
#include <string>
#include <vector>

namespace {

using limen::testkit::Action;
using limen::testkit::Instance;
using limen::testkit::Module;
using limen::testkit::Reply;
using limen::testkit::StartError;
using namespace std::chrono_literals;

const std::string kFile = testing::TempDir() + "acme-visitors.passes";

const Module& module() {
  static const Module loaded(MODULE_FILE);
  return loaded;
}

Instance passes(const std::string& text) {
  std::ofstream(kFile) << text;
  return Instance(module(), {.config = {{"file", kFile}}, .kind = LIMEN_KIND_AUTHENTICATOR});
}

Reply show(Instance& instance, const std::string& token) {
  return instance.authenticate({.headers = {{"Authorization", "Bearer " + token}}});
}

Instance rights() {
  return Instance(
      module(), {.config = {{"resources", {"pods", "configmaps"}}}, .kind = LIMEN_KIND_AUTHORIZER});
}

// A visitor of demo reads.
Action look(const std::string& resource, const std::string& ns) {
  return {.user = {.name = "visitor:eve",
                   .groups = {"acme:visitors"},
                   .extra = {{"acme.example/visits", "demo"}}},
          .verb = "list",
          .resource = resource,
          .ns = ns};
}

TEST(Visitors, AreTwoPluginsOfOneId) {
  ASSERT_EQ(module().factory().count, 2U);
  EXPECT_STREQ(module().descriptor(LIMEN_KIND_AUTHENTICATOR).id, "acme-visitors");
  EXPECT_STREQ(module().descriptor(LIMEN_KIND_AUTHORIZER).id, "acme-visitors");
}

TEST(VisitorsPasses, NameAVisitorAndWhereTheVisitIs) {
  Instance instance = passes("# today\neve 0123456789abcdef demo\n");
  const Reply reply = show(instance, "visitor.eve.0123456789abcdef");
  EXPECT_EQ(reply.user, "visitor:eve") << reply.error;
  EXPECT_EQ(reply.groups, std::vector<std::string>{"acme:visitors"});
  EXPECT_EQ(reply.extra, (limen::testkit::Pairs{{"acme.example/visits", "demo"}}));
}

TEST(VisitorsPasses, RefuseWhatIsNotQuiteOne) {
  Instance instance = passes("eve 0123456789abcdef demo\n");
  for (const char* token : {"visitor.eve.0123456789abcdee", "visitor.eve.", "visitor.eve",
                            "visitor.", "visitor.bob.0123456789abcdef"}) {
    EXPECT_LT(show(instance, token).status, 0) << token;
  }
  EXPECT_EQ(show(instance, "eyJhbGciOi").status, LIMEN_NO_OPINION);
  EXPECT_EQ(instance.authenticate({}).status, LIMEN_NO_OPINION);
}

TEST(VisitorsPasses, FollowTheirFile) {
  Instance instance = passes("eve 0123456789abcdef demo\n");
  std::ofstream(kFile) << "";
  instance.host().advance(1s);
  EXPECT_LT(show(instance, "visitor.eve.0123456789abcdef").status, 0);
}

TEST(VisitorsPasses, AreReadBeforeTheStart) {
  EXPECT_THROW(passes("eve short demo\n"), StartError);
  EXPECT_THROW(passes("eve 0123456789abcdef\n"), StartError);
}

TEST(VisitorsRights, LetAVisitorLookAroundWhereTheVisitIs) {
  Instance instance = rights();
  EXPECT_EQ(instance.authorize(look("pods", "demo")).verdict, LIMEN_ALLOW);
  EXPECT_EQ(instance.authorize(look("pods", "other")).verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(instance.authorize(look("pods", "")).verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(instance.authorize(look("secrets", "demo")).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST(VisitorsRights, LetNobodyWrite) {
  Action action = look("pods", "demo");
  action.verb = "create";
  EXPECT_EQ(rights().authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST(VisitorsRights, WantBothTheGroupAndTheField) {
  Instance instance = rights();
  Action action = look("pods", "demo");
  action.user.groups.clear();
  EXPECT_EQ(instance.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
  action = look("pods", "demo");
  action.user.extra.clear();
  EXPECT_EQ(instance.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
}

}  // namespace
