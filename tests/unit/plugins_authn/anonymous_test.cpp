#include <gtest/gtest.h>

#include "support.h"

namespace limen::plugins {
namespace {

using testkit::Instance;
using testkit::Json;
using testkit::Reply;

TEST(Anonymous, NamesTheAnonymousUserAndItsGroup) {
  Instance instance(test::module("anonymous"));
  const Reply reply = instance.authenticate({.path = "/anything"});
  EXPECT_TRUE(reply.authenticated());
  EXPECT_EQ(reply.user, "system:anonymous");
  EXPECT_EQ(reply.uid, "");
  EXPECT_EQ(reply.groups, std::vector<std::string>{"system:unauthenticated"});
}

TEST(Anonymous, WithConditionsOnlyTheirPathsAreOpen) {
  const Json config =
      boost::json::parse(R"({"conditions":[{"path":"/healthz"},{"path":"/livez"}]})");
  Instance instance(test::module("anonymous"), {.config = config});
  EXPECT_TRUE(instance.authenticate({.path = "/healthz"}).authenticated());
  EXPECT_TRUE(instance.authenticate({.path = "/livez"}).authenticated());
  for (const char* path : {"/healthz/", "/healthz/etcd", "/health", "/api", "/", "/HEALTHZ"}) {
    EXPECT_EQ(instance.authenticate({.path = path}).status, LIMEN_NO_OPINION) << path;
  }
}

TEST(Anonymous, HasTheIdTheServerKnowsItBy) {
  EXPECT_STREQ(test::module("anonymous").descriptor().id, "anonymous");
}

}  // namespace
}  // namespace limen::plugins
