// The built module on the SDK's fake host.

#include <gtest/gtest.h>

#include <limen/testkit/instance.hpp>
#include <string>

namespace {

using limen::testkit::Instance;
using limen::testkit::Json;
using limen::testkit::Module;
using limen::testkit::Reply;
using limen::testkit::Review;

Instance with(const char* config) {
  static const Module module(MODULE_FILE);
  return Instance(module, {.config = boost::json::parse(config)});
}

Review review(const char* object, const std::string& resource = "pods") {
  return {.action = {.verb = "create", .resource = resource, .ns = "default"},
          .kind = "Pod",
          .object = boost::json::parse(object)};
}

constexpr const char* kStrict = R"({"label":"acme.example/team","resources":["pods"]})";
constexpr const char* kLenient =
    R"({"label":"acme.example/team","default":"none","resources":["pods"]})";
constexpr const char* kPlain = R"({"metadata":{"name":"p"}})";
constexpr const char* kLabelled = R"({"metadata":{"labels":{"acme.example/team":"red"}}})";

TEST(AcmeModule, RefusesAnObjectWithoutTheLabel) {
  const Reply reply = with(kStrict).validate(review(kPlain));
  EXPECT_FALSE(reply.admitted());
  EXPECT_EQ(reply.message, "label \"acme.example/team\" is required");
}

TEST(AcmeModule, LeavesALabelledObjectAlone) {
  Instance module = with(kLenient);
  EXPECT_EQ(module.admit(review(kLabelled)).object, boost::json::parse(kLabelled));
  EXPECT_TRUE(module.validate(review(kLabelled)).admitted());
}

TEST(AcmeModule, FillsInTheDefaultOnce) {
  Instance module = with(kLenient);
  const Reply reply = module.admit(review(kPlain));
  EXPECT_EQ(reply.object.at_pointer("/metadata/labels/acme.example~1team"), Json("none"));
  EXPECT_TRUE(module.admits_idempotently(review(kPlain)));
}

TEST(AcmeModule, NoSubresourceIsAWayRound) {
  Instance module = with(kStrict);
  Review update = review(kPlain);
  update.operation = LIMEN_OP_UPDATE;
  update.action.subresource = "ephemeralcontainers";
  EXPECT_FALSE(module.validate(update).admitted());
}

TEST(AcmeModule, OtherResourcesAreNotItsBusiness) {
  EXPECT_TRUE(with(kStrict).validate(review(kPlain, "secrets")).admitted());
}

TEST(AcmeModule, AKeyWithASpaceStopsTheStart) {
  EXPECT_THROW(with(R"({"label":"my team"})"), limen::testkit::StartError);
}

}  // namespace
