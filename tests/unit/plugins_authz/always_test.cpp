#include <gtest/gtest.h>

#include "limen/testkit/instance.hpp"

namespace limen::testkit {
namespace {

TEST(AlwaysAllow, AllowsAndListsEverything) {
  const Module module(LIMEN_BINARY_DIR "/lib/limen/modules/always-allow.so");
  Instance authorizer(module);
  EXPECT_EQ(authorizer.authorize({.verb = "delete", .resource = "secrets"}).verdict, LIMEN_ALLOW);
  EXPECT_EQ(authorizer.rules_for({}, "x").rules.size(), 2U);
}

TEST(AlwaysDeny, HasNoOpinionSoThatALaterOneMayAllow) {
  const Module module(LIMEN_BINARY_DIR "/lib/limen/modules/always-deny.so");
  Instance authorizer(module, {.kind = LIMEN_KIND_AUTHORIZER});
  const Reply reply = authorizer.authorize({.verb = "get", .path = "/healthz"});
  EXPECT_EQ(reply.verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(reply.reason, "Everything is forbidden.");
}

}  // namespace
}  // namespace limen::testkit
