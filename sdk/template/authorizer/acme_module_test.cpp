// The built module on the SDK's fake host.

#include <gtest/gtest.h>

#include <limen/testkit/instance.hpp>
#include <string>

namespace {

using limen::testkit::Action;
using limen::testkit::Instance;
using limen::testkit::Module;
using limen::testkit::Reply;
using limen::testkit::StartError;

Instance with(const char* config) {
  static const Module module(MODULE_FILE);
  return Instance(module, {.config = boost::json::parse(config)});
}

Instance readers() {
  return with(R"({"group": "readers", "resources": ["pods", "deployments.apps"],
                  "namespaces": ["demo"]})");
}

// What a member of the group asks for.
Action action(const std::string& verb, const std::string& resource,
              const std::string& api_group = {}) {
  return {.user = {.name = "ada", .groups = {"readers"}},
          .verb = verb,
          .api_group = api_group,
          .resource = resource,
          .ns = "demo"};
}

TEST(AcmeModule, LetsAMemberRead) {
  Instance module = readers();
  for (const char* verb : {"get", "list", "watch"}) {
    EXPECT_EQ(module.authorize(action(verb, "pods")).verdict, LIMEN_ALLOW) << verb;
  }
  const Reply reply = module.authorize(action("get", "deployments", "apps"));
  EXPECT_EQ(reply.verdict, LIMEN_ALLOW);
  EXPECT_EQ(reply.reason, "a member of readers");
  EXPECT_EQ(reply.rule, "readers");
}

TEST(AcmeModule, LeavesEverythingElseToTheNext) {
  Instance module = readers();
  const auto ask = [&](Action what) { return module.authorize(what).verdict; };
  EXPECT_EQ(ask(action("delete", "pods")), LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(ask(action("get", "secrets")), LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(ask(action("get", "deployments")), LIMEN_VERDICT_NO_OPINION) << "of another group";

  Action elsewhere = action("get", "pods");
  elsewhere.ns = "other";
  EXPECT_EQ(ask(elsewhere), LIMEN_VERDICT_NO_OPINION);
  elsewhere.ns = "";
  EXPECT_EQ(ask(elsewhere), LIMEN_VERDICT_NO_OPINION) << "all namespaces are more than one";

  Action logs = action("get", "pods");
  logs.subresource = "log";
  EXPECT_EQ(ask(logs), LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(ask({.user = {.name = "ada", .groups = {"readers"}}, .path = "/metrics"}),
            LIMEN_VERDICT_NO_OPINION);
}

TEST(AcmeModule, ExplainsANearMissAndCountsNothing) {
  Instance module = readers();
  Action stranger = action("get", "pods");
  stranger.user.groups = {"others"};
  stranger.explain = true;
  const Reply reply = module.authorize(stranger);
  EXPECT_EQ(reply.verdict, LIMEN_VERDICT_NO_OPINION);
  ASSERT_EQ(reply.causes.size(), 1U);
  EXPECT_EQ(reply.causes[0].second, "members of readers may read this");
  EXPECT_EQ(module.host().metric("reads_allowed_total"), 0);
}

TEST(AcmeModule, AStarStopsTheStart) {
  EXPECT_THROW(with(R"({"group": "readers", "resources": ["*"]})"), StartError);
}

}  // namespace
